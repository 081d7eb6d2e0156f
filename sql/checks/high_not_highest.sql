-- name: high_not_highest
-- severity: warning
-- meaning: the high is below the open, low or close.
SELECT
    symbol,
    session,
    ts,
    'high ' || high || ' is below ' || greatest(open, low, close) AS detail
FROM staged
WHERE high < greatest(open, low, close)
