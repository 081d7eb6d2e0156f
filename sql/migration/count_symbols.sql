-- How many symbols a block of a second reading has.
SELECT count(DISTINCT symbol)
FROM again_bars
