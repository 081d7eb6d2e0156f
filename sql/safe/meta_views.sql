-- The views of `meta`, as the guard names them.
SELECT
    schema_name,
    view_name
FROM duckdb_views()
WHERE schema_name = 'meta'
ORDER BY ALL
