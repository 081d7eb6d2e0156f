-- name: dividend_not_below_close
-- severity: error
-- meaning: a dividend at or above the close before it; it is not stored.
SELECT
    symbol,
    session,
    CAST(NULL AS TIMESTAMP) AS ts,
    'dividend ' || amount || ' is not below the close before it; not stored' AS detail
FROM merged_actions
WHERE kind = 'dividend' AND ratio <= 0
