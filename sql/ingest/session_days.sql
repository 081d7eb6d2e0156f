-- Sessions by the UTC days they touch, so that a bar finds its session by an equal day. A bar at the
-- close belongs to the session, unless the next session opens at that instant; a bar of more than a
-- minute that begins before the opening and ends after it belongs to the session, too.
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
),
begun AS (
    SELECT
        session,
        greatest(
            open_at - CAST($before AS INTERVAL),
            coalesce(lag(end_at) OVER (ORDER BY session), open_at - CAST($before AS INTERVAL))
        ) AS begin_at,
        end_at
    FROM ended
)
SELECT
    session,
    begin_at,
    end_at,
    CAST(unnest(generate_series(
        CAST(begin_at AS DATE), CAST(end_at - INTERVAL 1 MICROSECOND AS DATE), INTERVAL 1 DAY
    )) AS DATE) AS day
FROM begun
