-- name: volume_fraction
-- severity: info
-- layer: precision
-- scope: history
-- of: bars
-- meaning: fractions of a unit were traded: adjusted volumes, where only whole units trade.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    min(session) AS session,
    min(ts) AS ts,
    count(*) || ' volumes are not whole, such as ' || min(volume) AS detail
FROM bars
WHERE volume <> trunc(volume)
GROUP BY sid, symbol
ORDER BY symbol, session
