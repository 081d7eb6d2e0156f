-- name: volume_missing
-- severity: warn
-- layer: schema
-- scope: row
-- of: bars
-- meaning: the volume is missing; it is stored as NULL.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    ts,
    'volume missing' AS detail
FROM bars
WHERE volume IS NULL
ORDER BY symbol, session, ts
