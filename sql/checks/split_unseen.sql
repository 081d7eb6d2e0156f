-- name: split_unseen
-- severity: warn
-- layer: ohlcv
-- scope: history
-- of: actions
-- meaning: a split that the prices do not show: they may be adjusted already.
-- columns: symbol, session, ts, detail
WITH steps AS (
    SELECT
        sid,
        session,
        CAST(open AS DOUBLE) AS open,
        CAST(lag(close) OVER (PARTITION BY sid ORDER BY session) AS DOUBLE) AS before
    FROM bars
    SEMI JOIN corporate_actions USING (sid)
)
SELECT
    told.symbol,
    told.session,
    CAST(NULL AS TIMESTAMP) AS ts,
    'split with ratio ' || told.ratio || ', yet open ' || steps.open || ' after close ' || steps.before AS detail
FROM corporate_actions AS told
JOIN steps USING (sid, session)
WHERE told.kind = 'split' AND told.ratio > 0 AND steps.open > 0 AND steps.before > 0
    AND abs(ln(steps.open / steps.before)) < abs(ln(steps.open / steps.before) - ln(told.ratio))
ORDER BY symbol, session
