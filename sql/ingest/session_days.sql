-- Sessions by the UTC days they touch, so that a bar finds its session by an equal day. A bar at the
-- close belongs to the session, unless the next session opens at that instant.
CREATE OR REPLACE TABLE session_days AS
WITH ended AS (
    SELECT
        session,
        open_at,
        CASE
            WHEN lead(open_at) OVER (ORDER BY session) = close_at THEN close_at
            ELSE close_at + INTERVAL 1 MICROSECOND
        END AS end_at
    FROM calendar_sessions
)
SELECT
    session,
    open_at,
    end_at,
    CAST(unnest(generate_series(
        CAST(open_at AS DATE), CAST(end_at - INTERVAL 1 MICROSECOND AS DATE), INTERVAL 1 DAY
    )) AS DATE) AS day
FROM ended
