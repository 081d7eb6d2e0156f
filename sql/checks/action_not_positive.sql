-- name: action_not_positive
-- severity: error
-- layer: ohlcv
-- scope: row
-- of: actions
-- meaning: a split or dividend below zero; it is not stored.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    CAST(NULL AS TIMESTAMP) AS ts,
    kind || ' ' || coalesce(CAST(amount AS VARCHAR), CAST(1 / ratio AS VARCHAR)) || ' is below zero; not stored' AS detail
FROM corporate_actions
WHERE amount < 0 OR kind = 'split' AND ratio < 0
ORDER BY symbol, session, detail
