-- name: gap
-- severity: warn
-- layer: temporal
-- scope: history
-- of: sessions
-- parameters: sessions = 1
-- meaning: sessions of the calendar without a bar, between the first and the last bar of an asset.
-- columns: symbol, session, ts, detail
WITH numbered AS (
    SELECT session, row_number() OVER (ORDER BY session) AS number
    FROM sessions
),
held AS (
    SELECT DISTINCT sid, symbol, session
    FROM bars
),
steps AS (
    SELECT
        held.sid,
        held.symbol,
        numbered.number,
        lag(numbered.number) OVER (PARTITION BY held.sid ORDER BY numbered.number) AS before
    FROM held
    JOIN numbered USING (session)
)
SELECT
    steps.symbol,
    missing.session,
    CAST(NULL AS TIMESTAMP) AS ts,
    steps.number - steps.before - 1 || ' sessions without a bar' AS detail
FROM steps
JOIN numbered AS missing ON missing.number = steps.before + 1
WHERE steps.number - steps.before > $sessions
ORDER BY symbol, session
