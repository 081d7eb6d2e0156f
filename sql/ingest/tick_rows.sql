-- The trades of one symbol in a half-open span, in their order.
SELECT
    "at",
    price,
    size,
    side,
    id,
    coalesce(seq, position) AS seq
FROM gathered
WHERE symbol = $symbol AND "at" >= $start AND "at" < $until
ORDER BY "at", coalesce(seq, position)
