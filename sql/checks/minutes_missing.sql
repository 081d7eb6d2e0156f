-- name: minutes_missing
-- severity: info
-- layer: temporal
-- scope: history
-- of: minutes
-- parameters: minutes = 60
-- meaning: a longer pause between two bars of one session.
-- columns: symbol, session, ts, detail
WITH steps AS (
    SELECT
        symbol,
        session,
        ts,
        lag(ts) OVER (PARTITION BY sid, session ORDER BY ts) AS before
    FROM bars
)
SELECT
    symbol,
    session,
    before AS ts,
    date_diff('minute', before, ts) || ' minutes to the next bar' AS detail
FROM steps
WHERE date_diff('minute', before, ts) > $minutes
ORDER BY symbol, session, ts
