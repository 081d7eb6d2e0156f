-- How many symbols the source has.
SELECT count(DISTINCT symbol)
FROM gathered
