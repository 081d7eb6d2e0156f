CREATE TABLE meta.catalog AS
SELECT
    CAST($format AS INTEGER) AS format,
    CAST($root AS VARCHAR) AS root
