-- name: outside_session
-- severity: warning
-- meaning: a minute outside every session of the calendar; its session is its UTC date.
SELECT
    symbol,
    session,
    ts,
    ts || ' is outside every session of the calendar' AS detail
FROM staged
WHERE ts IS NOT NULL AND NOT in_session
