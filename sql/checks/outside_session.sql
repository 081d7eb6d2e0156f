-- name: outside_session
-- severity: warn
-- layer: temporal
-- scope: row
-- of: intraday
-- meaning: a bar outside every session of the calendar; its session is its UTC date.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    ts,
    ts || ' is outside every session of the calendar' AS detail
FROM bars
WHERE NOT in_session
ORDER BY symbol, session, ts
