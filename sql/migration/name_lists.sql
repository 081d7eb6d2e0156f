-- Sids of zipline with their symbols, from two lists.
CREATE OR REPLACE TABLE names AS
SELECT unnest(CAST($sids AS BIGINT[])) AS sid, unnest(CAST($symbols AS VARCHAR[])) AS symbol
