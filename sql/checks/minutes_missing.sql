-- name: minutes_missing
-- severity: info
-- layer: temporal
-- scope: history
-- of: minutes
-- parameters: minutes = 60
-- meaning: a longer pause between two bars of one session, its midday break left out.
-- columns: symbol, session, ts, detail
WITH steps AS (
    SELECT
        symbol,
        session,
        ts,
        lag(ts) OVER (PARTITION BY sid, session ORDER BY ts) AS before
    FROM bars
),
pauses AS (
    SELECT
        steps.symbol,
        steps.session,
        steps.before,
        steps.ts,
        CASE
            WHEN steps.before <= sessions.break_at AND steps.ts >= sessions.resume_at
                THEN date_diff('minute', sessions.break_at, sessions.resume_at)
            ELSE 0
        END AS left_out
    FROM steps
    LEFT JOIN sessions USING (session)
    WHERE date_diff('minute', steps.before, steps.ts) > $minutes
)
SELECT
    symbol,
    session,
    before AS ts,
    date_diff('minute', before, ts) - left_out || ' minutes to the next bar' AS detail
FROM pauses
WHERE date_diff('minute', before, ts) - left_out > $minutes
ORDER BY symbol, session, ts
