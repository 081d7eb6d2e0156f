-- name: not_a_session
-- severity: warn
-- layer: temporal
-- scope: row
-- of: daily
-- meaning: a daily bar on a day that the calendar has no session on, such as a holiday.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    ts,
    session || ' is no session of the calendar' AS detail
FROM bars
WHERE NOT in_session
ORDER BY symbol, session, ts
