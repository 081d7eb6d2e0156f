-- name: weekend_bar
-- severity: error
-- layer: temporal
-- scope: history
-- of: bars
-- meaning: a bar on a weekday that the calendar never has a session on.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    ts,
    dayname(session) || ' is no trading day of the calendar' AS detail
FROM bars
WHERE isodow(session) NOT IN (SELECT isodow(sessions.session) FROM sessions)
ORDER BY symbol, session, ts
