-- name: high_not_highest
-- severity: error
-- layer: ohlcv
-- scope: row
-- of: bars
-- meaning: the high is below the open, low or close.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    ts,
    'high ' || high || ' is below ' || greatest(open, low, close) AS detail
FROM bars
WHERE high < greatest(open, low, close)
ORDER BY symbol, session, ts
