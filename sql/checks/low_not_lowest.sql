-- name: low_not_lowest
-- severity: error
-- layer: ohlcv
-- scope: row
-- of: bars
-- meaning: the low is above the open, high or close.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    ts,
    'low ' || low || ' is above ' || least(open, high, close) AS detail
FROM bars
WHERE low > least(open, high, close)
ORDER BY symbol, session, ts
