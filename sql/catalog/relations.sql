-- Every relation with all that the database's own catalog says of it, as one text.
SELECT
    relation.schema_name AS schema_name,
    relation.name AS name,
    relation.is_table AS is_table,
    concat_ws(chr(10), relation.definition, relation.comment, string_agg(
        concat_ws(' ', columns.column_name, columns.data_type, columns.comment),
        chr(10) ORDER BY columns.column_index
    )) AS shape
FROM (
    SELECT
        schema_name,
        view_name AS name,
        FALSE AS is_table,
        sql AS definition,
        comment
    FROM duckdb_views()
    WHERE NOT internal
    UNION ALL
    SELECT
        schema_name,
        table_name AS name,
        TRUE AS is_table,
        sql AS definition,
        comment
    FROM duckdb_tables()
) AS relation
JOIN duckdb_columns() AS columns
    ON columns.schema_name = relation.schema_name AND columns.table_name = relation.name
GROUP BY relation.schema_name, relation.name, relation.is_table, relation.definition, relation.comment
ORDER BY relation.schema_name, relation.name
