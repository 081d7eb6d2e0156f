-- name: zero_volume
-- severity: info
-- layer: ohlcv
-- scope: history
-- of: bars
-- meaning: nothing was traded, yet there is a bar.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    ts,
    'volume is 0' AS detail
FROM bars
WHERE volume = 0
ORDER BY symbol, session, ts
