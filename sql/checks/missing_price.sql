-- name: missing_price
-- severity: warning
-- meaning: open, high, low or close is missing; it is stored as NULL.
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
FROM staged
WHERE open IS NULL OR high IS NULL OR low IS NULL OR close IS NULL
