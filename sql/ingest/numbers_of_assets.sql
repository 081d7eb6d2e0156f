-- The sid of each symbol of the bundle, that of its last spell.
CREATE OR REPLACE TABLE numbers AS
SELECT symbol, max(sid) AS sid
FROM assets
GROUP BY symbol
