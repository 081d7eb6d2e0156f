-- name: stale_run
-- severity: warn
-- layer: ohlcv
-- scope: history
-- of: bars
-- parameters: bars = 5
-- meaning: bars in succession that repeat prices and volume, or prices without volume: filled in, not traded.
-- columns: symbol, session, ts, detail
WITH marked AS (
    SELECT
        sid,
        symbol,
        session,
        ts,
        close,
        row_number() OVER past AS number,
        open = lag(open) OVER past AND high = lag(high) OVER past
            AND low = lag(low) OVER past AND close = lag(close) OVER past
            AND (volume = lag(volume) OVER past OR coalesce(volume, 0) = 0) AS repeated
    FROM bars
    WINDOW past AS (PARTITION BY sid ORDER BY session, ts)
),
repeats AS (
    SELECT *, number - row_number() OVER (PARTITION BY sid ORDER BY number) AS run
    FROM marked
    WHERE repeated
)
SELECT
    min(symbol) AS symbol,
    min(session) AS session,
    min(ts) AS ts,
    count(*) || ' bars in succession repeat the one before, close ' || min(close) AS detail
FROM repeats
GROUP BY sid, run
HAVING count(*) >= $bars
ORDER BY symbol, session, ts
