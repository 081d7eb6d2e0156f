-- name: lost_as_double
-- severity: info
-- layer: precision
-- scope: history
-- of: bars
-- meaning: a value of more than the 15 digits that a double always holds; factors compute in doubles.
-- columns: symbol, session, ts, detail
WITH numbers AS (
    SELECT
        symbol,
        session,
        ts,
        unnest(['open', 'high', 'low', 'close', 'volume']) AS name,
        CAST(unnest([open, high, low, close, volume]) AS VARCHAR) AS number
    FROM bars
    -- Below, 8 decimals and 7 digits before them are 15 at most.
    WHERE greatest(open, high, low, close, volume) >= 10000000
        OR open <> round(open, 8) OR high <> round(high, 8) OR low <> round(low, 8)
        OR close <> round(close, 8) OR volume <> round(volume, 8)
)
SELECT
    symbol,
    session,
    ts,
    name || ' ' || number || ' has more digits than a double' AS detail
FROM numbers
WHERE strlen(trim(translate(number, '-.', ''), '0')) > 15
ORDER BY symbol, session, ts, detail
