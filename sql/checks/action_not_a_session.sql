-- name: action_not_a_session
-- severity: warn
-- layer: temporal
-- scope: history
-- of: actions
-- meaning: a split or dividend on a day without a session.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    CAST(NULL AS TIMESTAMP) AS ts,
    kind || ' on a day without a session' AS detail
FROM corporate_actions
WHERE session NOT IN (SELECT sessions.session FROM sessions)
ORDER BY symbol, session, detail
