-- name: low_not_lowest
-- severity: warning
-- meaning: the low is above the open, high or close.
SELECT
    symbol,
    session,
    ts,
    'low ' || low || ' is above ' || least(open, high, close) AS detail
FROM staged
WHERE low > least(open, high, close)
