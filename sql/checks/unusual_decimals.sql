-- name: unusual_decimals
-- severity: info
-- layer: precision
-- scope: history
-- of: bars
-- parameters: decimals = 4
-- meaning: closes finer than any tick: adjusted or averaged prices, not traded ones.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    min(session) AS session,
    min(ts) AS ts,
    count(*) || ' closes have more than ' || $decimals || ' decimals, such as ' || min(close) AS detail
FROM bars
WHERE close <> round(close, $decimals)
GROUP BY sid, symbol
ORDER BY symbol, session
