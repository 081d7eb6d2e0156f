-- name: action_not_positive
-- severity: error
-- meaning: a split or dividend below zero; it is not stored.
SELECT
    symbol,
    session,
    CAST(NULL AS TIMESTAMP) AS ts,
    kind || ' ' || coalesce(CAST(amount AS VARCHAR), CAST(1 / ratio AS VARCHAR)) || ' is below zero; not stored' AS detail
FROM merged_actions
WHERE amount < 0 OR kind = 'split' AND ratio < 0
