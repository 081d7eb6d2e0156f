-- Symbols and times that stand in the source with different values, and the values.
WITH told AS (
    SELECT DISTINCT file, symbol, "at", open, high, low, close, volume, dividend, split, adjusted
    FROM gathered
    SEMI JOIN repeated USING (symbol, "at")
),
differing AS (
    SELECT
        symbol,
        "at",
        count(DISTINCT {
            'open': open, 'high': high, 'low': low, 'close': close, 'volume': volume,
            'dividend': dividend, 'split': split, 'adjusted': adjusted
        }) AS versions
    FROM told
    GROUP BY symbol, "at"
    HAVING versions > 1
)
SELECT
    (SELECT count(*) FROM differing) AS contradictions,
    symbol,
    "at",
    file,
    concat_ws(', ',
        'open ' || open, 'high ' || high, 'low ' || low, 'close ' || close, 'volume ' || volume,
        'dividend ' || dividend, 'split ' || split
    ) AS found
FROM told
SEMI JOIN differing USING (symbol, "at")
ORDER BY symbol, "at", file, found
LIMIT 6
