-- The symbols that are wanted of the source.
CREATE OR REPLACE TABLE wanted AS
SELECT unnest(CAST(? AS VARCHAR[])) AS symbol
