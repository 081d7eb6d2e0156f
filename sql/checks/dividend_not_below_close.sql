-- name: dividend_not_below_close
-- severity: error
-- layer: ohlcv
-- scope: row
-- of: actions
-- meaning: a dividend at or above the close before it; it is not stored.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    CAST(NULL AS TIMESTAMP) AS ts,
    'dividend ' || amount || ' is not below the close before it; not stored' AS detail
FROM corporate_actions
WHERE kind = 'dividend' AND ratio <= 0
ORDER BY symbol, session, detail
