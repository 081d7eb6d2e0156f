-- For each symbol how many rows can be taken, and how many cannot.
SELECT symbol, sum(taken), sum(refused)
FROM (
    SELECT symbol, count(*) AS taken, 0 AS refused
    FROM gathered
    GROUP BY symbol
    UNION ALL
    SELECT symbol, 0, count(*)
    FROM read_parquet(?, hive_partitioning = false)
    WHERE reason IS NOT NULL AND symbol <> ''
    GROUP BY symbol
)
GROUP BY symbol
ORDER BY symbol
