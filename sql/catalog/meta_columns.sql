SELECT
    column_name,
    data_type,
    coalesce(comment, '') AS comment
FROM duckdb_columns()
WHERE schema_name = 'meta' AND table_name = $name
ORDER BY column_index
