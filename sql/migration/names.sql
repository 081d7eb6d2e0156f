-- The symbol by which each sid of zipline is known here: its last one. Where several sids end with the
-- same symbol, the one that was listed last has it alone, the others with their sid behind.
WITH told AS (
    SELECT
        CAST(sid AS BIGINT) AS sid,
        CAST(symbol AS VARCHAR) AS symbol,
        CAST(start_date AS BIGINT) AS begin_at,
        CAST(end_date AS BIGINT) AS end_at
    FROM symbols
    UNION ALL
    SELECT CAST(sid AS BIGINT), CAST(symbol AS VARCHAR), CAST(start_date AS BIGINT), CAST(end_date AS BIGINT)
    FROM futures
),
spells AS (
    SELECT
        sid,
        arg_max(symbol, (end_at, begin_at, symbol)) AS symbol,
        max(end_at) AS end_at,
        list(DISTINCT symbol ORDER BY symbol) AS had
    FROM told
    WHERE symbol IS NOT NULL
    GROUP BY sid
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY symbol ORDER BY end_at DESC, sid DESC) AS spell
    FROM spells
)
SELECT
    sid,
    CASE spell WHEN 1 THEN symbol ELSE symbol || '@' || sid END AS symbol,
    list_filter(had, lambda name: name <> ranked.symbol) AS earlier,
    spell > 1 AS shared
FROM ranked
ORDER BY sid
