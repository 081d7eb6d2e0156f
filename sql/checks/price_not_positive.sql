-- name: price_not_positive
-- severity: warning
-- meaning: a price is zero or negative.
SELECT
    symbol,
    session,
    ts,
    'lowest price is ' || least(open, high, low, close) AS detail
FROM staged
WHERE least(open, high, low, close) <= 0
