-- What the columns of the incoming rows are.
SELECT column_name, column_type
FROM (DESCRIBE FROM incoming)
