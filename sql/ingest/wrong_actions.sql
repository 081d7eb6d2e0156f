-- The first actions that cannot be, with what is wrong.
SELECT symbol, session, problem
FROM (
    SELECT
        symbol,
        session,
        CASE
            WHEN session IS NULL THEN 'no session'
            WHEN told_kind IS NULL OR told_kind NOT IN ('split', 'dividend', 'stock_dividend', 'spinoff', 'merger')
                THEN 'kind ' || coalesce(told_kind, 'NULL')
            WHEN count(*) OVER (PARTITION BY symbol, session, kind) > 1 THEN 'two of kind ' || kind
            WHEN told_kind = 'stock_dividend' AND NOT coalesce(shares > 0 AND isfinite(shares), false)
                THEN 'a stock_dividend with shares ' || coalesce(CAST(shares AS VARCHAR), 'NULL')
            WHEN told_kind = 'dividend' AND NOT coalesce(amount > 0, false)
                THEN 'a dividend with amount ' || coalesce(CAST(amount AS VARCHAR), 'NULL')
            WHEN told_kind IN ('split', 'merger') AND NOT coalesce(ratio > 0 AND isfinite(ratio), false)
                THEN 'a ' || told_kind || ' with ratio ' || coalesce(CAST(ratio AS VARCHAR), 'NULL')
            WHEN told_kind = 'spinoff' AND (ratio IS NULL) = (amount IS NULL)
                THEN 'a spinoff without exactly one of ratio and amount'
            WHEN told_kind = 'spinoff' AND NOT coalesce(ratio > 0 AND isfinite(ratio), amount > 0)
                THEN 'a spinoff with ratio or amount ' || coalesce(CAST(ratio AS VARCHAR), CAST(amount AS VARCHAR))
            WHEN told_kind = 'spinoff' AND NOT coalesce(shares > 0 AND isfinite(shares), true)
                THEN 'a spinoff with shares ' || shares
        END AS problem
    FROM actions
)
WHERE problem IS NOT NULL
ORDER BY symbol, session
LIMIT 3
