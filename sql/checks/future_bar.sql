-- name: future_bar
-- severity: error
-- layer: temporal
-- scope: history
-- of: bars
-- meaning: the session is after the day of the check.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    ts,
    session || ' lies in the future' AS detail
FROM bars
WHERE session > current_date
ORDER BY symbol, session, ts
