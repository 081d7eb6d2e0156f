-- name: hours_shifted
-- severity: error
-- layer: temporal
-- scope: history
-- of: intraday
-- parameters: days = 3, share = 0.1
-- meaning: bars of an asset and month that fit the calendar only when moved by whole hours: a wrong time zone or a missed clock change.
-- columns: symbol, session, ts, detail
WITH days AS (
    SELECT
        sid,
        symbol,
        CAST(ts AS DATE) AS day,
        min(ts) AS first,
        max(ts) AS last,
        bool_or(NOT in_session) AS outside
    FROM bars
    GROUP BY sid, symbol, day
),
misplaced AS (
    SELECT sid, symbol, date_trunc('month', day) AS "month", count(*) AS days
    FROM days
    GROUP BY sid, symbol, "month"
    HAVING count(*) FILTER (outside) >= $days
),
moved AS (
    SELECT
        misplaced.sid,
        misplaced.symbol,
        misplaced."month",
        misplaced.days,
        shifts.hours,
        count(sessions.session) AS inside
    FROM misplaced
    JOIN days ON days.sid = misplaced.sid AND date_trunc('month', days.day) = misplaced."month"
    CROSS JOIN (SELECT unnest(generate_series(-14, 14)) AS hours) AS shifts
    LEFT JOIN sessions
        ON sessions.session = CAST(days.first - to_hours(shifts.hours) AS DATE)
        AND sessions.open_at <= days.first - to_hours(shifts.hours)
        AND sessions.close_at >= days.last - to_hours(shifts.hours)
    GROUP BY ALL
)
SELECT
    symbol,
    CAST("month" AS DATE) AS session,
    CAST(NULL AS TIMESTAMP) AS ts,
    inside || ' of ' || days || ' days of the month fit when moved by ' || -hours || ' hours' AS detail
FROM moved
WHERE hours <> 0 AND days - inside < $share * days
QUALIFY row_number() OVER (PARTITION BY sid, "month" ORDER BY abs(hours), hours) = 1
ORDER BY symbol, session
