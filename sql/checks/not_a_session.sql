-- name: not_a_session
-- severity: warning
-- meaning: a daily bar on a day that the calendar has no session on, such as a weekend.
SELECT
    symbol,
    session,
    ts,
    session || ' is no session of the calendar' AS detail
FROM staged
WHERE ts IS NULL AND NOT in_session
