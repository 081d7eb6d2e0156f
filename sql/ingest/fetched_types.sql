-- What the columns of the rows in memory are.
SELECT column_name, column_type
FROM (DESCRIBE FROM fetched)
