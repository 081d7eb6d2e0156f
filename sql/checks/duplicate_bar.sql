-- name: duplicate_bar
-- severity: error
-- layer: schema
-- scope: history
-- of: bars
-- meaning: two bars of one asset and time.
-- columns: symbol, session, ts, detail
SELECT
    min(symbol) AS symbol,
    session,
    ts,
    count(*) || ' bars' AS detail
FROM bars
GROUP BY sid, session, ts
HAVING count(*) > 1
ORDER BY symbol, session, ts
