-- name: days_shifted
-- severity: error
-- layer: temporal
-- scope: history
-- of: daily
-- parameters: bars = 3, share = 0.05
-- meaning: bars of an asset that fit the calendar only when moved by a day: a time zone was lost.
-- columns: symbol, session, ts, detail
WITH misplaced AS (
    SELECT sid, symbol, count(*) AS bars, count(*) FILTER (NOT in_session) AS outside
    FROM bars
    GROUP BY sid, symbol
    HAVING outside >= $bars AND outside > $share * bars
),
moved AS (
    SELECT bars.sid, shifts.days, count(sessions.session) AS inside
    FROM bars
    SEMI JOIN misplaced USING (sid)
    CROSS JOIN (SELECT unnest([-1, 1]) AS days) AS shifts
    LEFT JOIN sessions ON sessions.session = bars.session - shifts.days
    GROUP BY bars.sid, shifts.days
),
first_bars AS (
    SELECT sid, min(session) AS session
    FROM bars
    GROUP BY sid
)
SELECT
    misplaced.symbol,
    first_bars.session,
    CAST(NULL AS TIMESTAMP) AS ts,
    misplaced.outside || ' of ' || misplaced.bars || ' bars are on no session; a day '
        || CASE moved.days WHEN 1 THEN 'earlier ' ELSE 'later ' END || moved.inside || ' fit' AS detail
FROM misplaced
JOIN moved USING (sid)
JOIN first_bars USING (sid)
WHERE misplaced.bars - moved.inside < $share * misplaced.bars
ORDER BY symbol, session, detail
