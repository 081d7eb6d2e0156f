-- Which columns hold a value that DECIMAL(18,8) does not.
SELECT
    coalesce(bool_or(TRY_CAST(open AS DECIMAL(18, 8)) IS DISTINCT FROM open), false) AS open,
    coalesce(bool_or(TRY_CAST(high AS DECIMAL(18, 8)) IS DISTINCT FROM high), false) AS high,
    coalesce(bool_or(TRY_CAST(low AS DECIMAL(18, 8)) IS DISTINCT FROM low), false) AS low,
    coalesce(bool_or(TRY_CAST(close AS DECIMAL(18, 8)) IS DISTINCT FROM close), false) AS close,
    coalesce(bool_or(TRY_CAST(volume AS DECIMAL(18, 8)) IS DISTINCT FROM volume), false) AS volume,
    coalesce(bool_or(TRY_CAST(dividend AS DECIMAL(18, 8)) IS DISTINCT FROM dividend), false) AS dividend,
    coalesce(bool_or(TRY_CAST(split AS DECIMAL(18, 8)) IS DISTINCT FROM split), false) AS split
FROM read_parquet(?, hive_partitioning = false)
WHERE reason IS NULL
