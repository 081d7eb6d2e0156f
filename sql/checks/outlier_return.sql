-- name: outlier_return
-- severity: info
-- layer: ohlcv
-- scope: history
-- of: sessions
-- parameters: deviations = 15, least = 0.1
-- meaning: the return, corrected for actions, is many median absolute deviations from the median of its symbol.
-- columns: symbol, session, ts, detail
WITH actions AS (
    SELECT sid, session, product(ratio) AS ratio
    FROM corporate_actions
    WHERE ratio > 0
    GROUP BY sid, session
),
steps AS (
    SELECT
        sid,
        symbol,
        session,
        ts,
        CAST(close AS DOUBLE) AS "close",
        CAST(lag(close) OVER past AS DOUBLE) AS before,
        lag(session) OVER past AS session_before
    FROM bars
    WHERE close > 0
    WINDOW past AS (PARTITION BY sid ORDER BY session, ts)
),
returns AS (
    SELECT
        steps.sid,
        steps.symbol,
        steps.session,
        steps.ts,
        steps.close / steps.before
            / CASE WHEN steps.session > steps.session_before THEN coalesce(actions.ratio, 1) ELSE 1 END - 1 AS change
    FROM steps
    LEFT JOIN actions USING (sid, session)
    WHERE steps.before IS NOT NULL
),
usual AS (
    SELECT sid, median(change) AS middle, 1.4826 * mad(change) AS deviation
    FROM returns
    GROUP BY sid
)
SELECT
    returns.symbol,
    returns.session,
    returns.ts,
    printf('%+.1f %% where %.1f %% is usual', 100 * change, 100 * deviation) AS detail
FROM returns
JOIN usual USING (sid)
WHERE abs(change - middle) > $deviations * deviation AND abs(change) >= $least
ORDER BY symbol, session, ts
