-- name: volume_negative
-- severity: error
-- layer: ohlcv
-- scope: row
-- of: bars
-- meaning: the volume is below zero.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    ts,
    'volume is ' || volume AS detail
FROM bars
WHERE volume < 0
ORDER BY symbol, session, ts
