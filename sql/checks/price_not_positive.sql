-- name: price_not_positive
-- severity: error
-- layer: ohlcv
-- scope: row
-- of: bars
-- meaning: a price is zero or negative.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    ts,
    'lowest price is ' || least(open, high, low, close) AS detail
FROM bars
WHERE least(open, high, low, close) <= 0
ORDER BY symbol, session, ts
