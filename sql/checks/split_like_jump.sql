-- name: split_like_jump
-- severity: warn
-- layer: ohlcv
-- scope: history
-- of: daily
-- parameters: tolerance = 0.05
-- meaning: the price jumps by the ratio of a usual split, and no split is stored.
-- columns: symbol, session, ts, detail
WITH steps AS (
    SELECT
        sid,
        symbol,
        session,
        CAST(open AS DOUBLE) AS open,
        CAST(close AS DOUBLE) AS "close",
        CAST(lag(close) OVER (PARTITION BY sid ORDER BY session) AS DOUBLE) AS before
    FROM bars
),
usual AS (
    SELECT CAST(unnest([1.5, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50, 100]) AS DOUBLE) AS times
),
ratios AS (
    SELECT times, 1 / times AS ratio, printf('%g new shares per old', times) AS split
    FROM usual
    UNION ALL
    SELECT times, times, printf('%g old shares per new', times)
    FROM usual
),
jumps AS (
    SELECT *
    FROM steps
    WHERE before > 0 AND (open / before < 0.75 OR open / before > 1.4)
)
SELECT
    jumps.symbol,
    jumps.session,
    CAST(NULL AS TIMESTAMP) AS ts,
    'open ' || jumps.open || ' after close ' || jumps.before || ', as if ' || ratios.split AS detail
FROM jumps
JOIN ratios
    ON abs(jumps.open / jumps.before / ratios.ratio - 1) <= $tolerance
    AND abs(jumps.close / jumps.before / ratios.ratio - 1) <= 3 * $tolerance
ANTI JOIN corporate_actions AS told
    ON told.sid = jumps.sid AND told.session = jumps.session AND told.kind = 'split'
ORDER BY symbol, session, detail
