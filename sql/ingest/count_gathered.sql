-- How many rows can be taken.
SELECT count(*) FROM gathered
