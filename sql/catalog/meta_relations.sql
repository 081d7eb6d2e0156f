SELECT
    view_name,
    coalesce(comment, '') AS comment
FROM duckdb_views()
WHERE schema_name = 'meta'
ORDER BY view_name
