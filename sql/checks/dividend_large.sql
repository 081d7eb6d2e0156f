-- name: dividend_large
-- severity: warn
-- layer: ohlcv
-- scope: history
-- of: actions
-- parameters: share = 0.25
-- meaning: a dividend of a large share of the close before it.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    CAST(NULL AS TIMESTAMP) AS ts,
    printf('dividend %s is %.0f %% of the close before', CAST(amount AS VARCHAR), 100 * (1 - ratio)) AS detail
FROM corporate_actions
WHERE kind = 'dividend' AND 1 - ratio > $share
ORDER BY symbol, session, detail
