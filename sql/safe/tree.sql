-- DuckDB's own parse tree of a statement, as JSON. Statements other than SELECT have none.
SELECT json_serialize_sql(CAST($statement AS VARCHAR))
