-- name: volume_negative
-- severity: warning
-- meaning: the volume is below zero.
SELECT
    symbol,
    session,
    ts,
    'volume is ' || volume AS detail
FROM staged
WHERE volume < 0
