-- name: volume_missing
-- severity: warning
-- meaning: the volume is missing; it is stored as NULL.
SELECT
    symbol,
    session,
    ts,
    'volume missing' AS detail
FROM staged
WHERE volume IS NULL
