-- The symbols and times that stand in the source more than once. A source in order of either proves
-- at little cost that it has none.
CREATE OR REPLACE TABLE repeated AS
WITH before AS (
    SELECT
        symbol,
        "at",
        lag(symbol) OVER () AS symbol_before,
        lag("at") OVER () AS at_before
    FROM gathered
),
ordered AS (
    SELECT
        coalesce(bool_and(symbol > symbol_before OR symbol = symbol_before AND "at" > at_before), true)
        OR coalesce(bool_and("at" > at_before OR "at" = at_before AND symbol > symbol_before), true)
            AS proven
    FROM before
)
SELECT symbol, "at", count(*) AS times
FROM gathered
WHERE NOT (SELECT proven FROM ordered)
GROUP BY symbol, "at"
HAVING count(*) > 1
