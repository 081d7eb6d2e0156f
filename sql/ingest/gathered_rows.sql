-- The rows of one symbol that begin in a half-open span, in order of time.
SELECT
    CAST("at" AS TIMESTAMP) AS "at",
    open,
    high,
    low,
    close,
    volume,
    dividend,
    split
FROM gathered
WHERE symbol = $symbol AND "at" >= $start AND "at" < $until
ORDER BY "at"
