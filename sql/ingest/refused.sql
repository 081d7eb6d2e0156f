-- The settled rows that cannot be taken.
SELECT file, line, symbol, at_text, texts, reason
FROM read_parquet(?, hive_partitioning = false)
WHERE reason IS NOT NULL
ORDER BY file, line
