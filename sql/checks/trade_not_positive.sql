-- name: trade_not_positive
-- severity: error
-- layer: ohlcv
-- scope: row
-- of: trades
-- meaning: the price or the size of a trade is zero or negative.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    ts,
    count(*) || ' of the instant, the lowest price ' || min(price) || ', the smallest size ' || min(size) AS detail
FROM ticks
WHERE price <= 0 OR size <= 0
GROUP BY symbol, session, ts
ORDER BY symbol, session, ts
