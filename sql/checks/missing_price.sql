-- name: missing_price
-- severity: warn
-- layer: schema
-- scope: row
-- of: bars
-- meaning: open, high, low or close is missing; it is stored as NULL.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    ts,
    concat_ws(', ',
        CASE WHEN open IS NULL THEN 'open' END,
        CASE WHEN high IS NULL THEN 'high' END,
        CASE WHEN low IS NULL THEN 'low' END,
        CASE WHEN close IS NULL THEN 'close' END
    ) || ' missing' AS detail
FROM bars
WHERE open IS NULL OR high IS NULL OR low IS NULL OR close IS NULL
ORDER BY symbol, session, ts
