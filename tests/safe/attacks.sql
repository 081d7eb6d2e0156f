-- One attack a line. {data}: a data file of the warehouse, {outside}: a file beside it, {root}: the warehouse.
-- writing files
COPY (SELECT 1) TO '{data}'
COPY (SELECT 1) TO '{data}' (USE_TMP_FILE false)
COPY (SELECT 1) TO '{data}' (FORMAT parquet, USE_TMP_FILE false)
COPY (SELECT 1 AS x) TO '{outside}.csv'
COPY sp.bars_1d TO '{data}' (FORMAT csv)
COPY (SELECT 1 AS a, 2 AS b) TO '{root}' (FORMAT parquet, PARTITION_BY (a), OVERWRITE_OR_IGNORE)
COPY (SELECT 1 AS a, 2 AS b) TO '{root}/bundles/sp/data' (FORMAT parquet, PARTITION_BY (a), OVERWRITE true)
COPY sp.bars_1d FROM '{outside}'
COPY FROM DATABASE memory TO other
EXPORT DATABASE '{root}'
EXPORT DATABASE '{outside}.d' (FORMAT parquet)
IMPORT DATABASE '{root}'
ATTACH '{outside}.duckdb' AS a
ATTACH '{data}' AS a
ATTACH '{data}' AS a (READ_ONLY)
ATTACH ':memory:' AS a
ATTACH 'http://127.0.0.1:9/x.duckdb' AS a
DETACH memory
USE memory
SET temp_directory = '{root}'
SET home_directory = '{root}'
CHECKPOINT
FORCE CHECKPOINT
CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')
CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')
-- reading files
SELECT * FROM '{outside}'
SELECT * FROM "{outside}"
SELECT * FROM '{data}'
SELECT * FROM "{data}"
FROM '{outside}'
FROM '{root}/bundles/sp/data/*/*.parquet'
SELECT * FROM read_text('{outside}')
SELECT * FROM read_blob('{outside}')
SELECT * FROM read_csv('{outside}')
SELECT * FROM read_csv_auto('{outside}')
SELECT * FROM read_json('{outside}')
SELECT * FROM read_json_objects('{outside}')
SELECT * FROM read_ndjson('{outside}')
SELECT * FROM read_parquet('{data}')
SELECT * FROM READ_PARQUET(['{data}'])
SELECT * FROM parquet_scan('{data}')
SELECT * FROM parquet_metadata('{data}')
SELECT * FROM parquet_schema('{data}')
SELECT * FROM parquet_kv_metadata('{data}')
SELECT * FROM parquet_file_metadata('{data}')
SELECT * FROM parquet_bloom_probe('{data}', 'sid', 1)
SELECT * FROM read_duckdb('{outside}')
SELECT * FROM sniff_csv('{outside}')
SELECT * FROM glob('/etc/*')
SELECT * FROM glob('{root}/**')
SELECT * FROM read_text('/proc/self/environ')
SELECT * FROM read_text('file://{outside}')
SELECT * FROM read_csv('https://127.0.0.1:9/x.csv')
SELECT * FROM 's3://bucket/x.parquet'
SELECT * FROM system.main.read_text('{outside}')
SELECT * FROM main.read_text('{outside}')
SELECT (SELECT content FROM read_text('{outside}')) AS x
SELECT * FROM sp.assets WHERE EXISTS (FROM read_text('{outside}'))
WITH x AS (SELECT * FROM read_text('{outside}')) SELECT * FROM x
WITH x AS MATERIALIZED (FROM '{outside}') FROM x
WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n FROM x, read_text('{outside}')) FROM x
SELECT * FROM sp.assets, LATERAL (SELECT * FROM read_text('{outside}'))
SELECT * FROM sp.assets JOIN read_text('{outside}') ON true
SELECT * FROM sp.assets UNION ALL SELECT * FROM read_text('{outside}')
SELECT * FROM (VALUES ((SELECT content FROM read_text('{outside}')))) AS t(x)
SELECT list_transform([1], x -> (SELECT content FROM read_text('{outside}')))
SELECT sum(sid) FILTER (WHERE EXISTS (FROM read_text('{outside}'))) FROM sp.assets
SELECT * FROM sp.assets ORDER BY (SELECT content FROM read_text('{outside}'))
SELECT * FROM sp.assets LIMIT (SELECT length(content) FROM read_text('{outside}'))
SELECT * FROM sp.assets QUALIFY row_number() OVER (ORDER BY (SELECT content FROM read_text('{outside}'))) = 1
SELECT CASE WHEN EXISTS (FROM read_text('{outside}')) THEN 1 END
PIVOT read_text('{outside}') ON filename USING first(content)
UNPIVOT (SELECT * FROM read_text('{outside}')) ON content INTO NAME n VALUE v
SUMMARIZE '{outside}'
SUMMARIZE SELECT * FROM read_csv('{outside}')
DESCRIBE SELECT * FROM read_csv('{outside}')
SELECT * FROM (DESCRIBE sp.bars_1d)
SELECT * FROM (SUMMARIZE sp.bars_1d)
SELECT * FROM (SHOW TABLES)
EXPLAIN SELECT * FROM read_csv('{outside}')
EXPLAIN ANALYZE COPY (SELECT 1) TO '{data}' (USE_TMP_FILE false)
-- text as SQL
SELECT * FROM query('SELECT * FROM read_text(''{outside}'')')
SELECT * FROM query_table('{outside}')
SELECT * FROM query_table(['duckdb_settings'])
SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))
SELECT json_serialize_plan('SELECT * FROM read_text(''{outside}'')')
PREPARE p AS SELECT * FROM read_text('{outside}')
EXECUTE p
DEALLOCATE p
-- settings, environment, catalog
SELECT getenv('SAFE_CANARY')
SELECT 'SAFE_CANARY'.getenv()
SELECT main.getenv('SAFE_CANARY')
SELECT system.main.getenv('SAFE_CANARY')
SELECT "getenv"('SAFE_CANARY')
SELECT GETENV('SAFE_CANARY')
SELECT list_aggregate(['SAFE_CANARY'], 'getenv')
SELECT list_transform(['SAFE_CANARY'], x -> getenv(x))
SELECT [getenv(x) FOR x IN ['SAFE_CANARY']]
SELECT current_setting('home_directory')
SELECT getvariable('x')
SET VARIABLE x = 1
SET enable_external_access = true
SET GLOBAL allowed_paths = ['/']
SET python_enable_replacements = true
SET lock_configuration = false
RESET enable_external_access
PRAGMA enable_external_access
PRAGMA database_list
PRAGMA version
PRAGMA enable_profiling
CALL pragma_version()
CALL enable_logging()
FROM enable_logging('QueryLog')
FROM enable_logging(storage_path = '{root}/log')
FROM enable_profiling()
SELECT write_log('x')
SELECT * FROM duckdb_settings()
SELECT * FROM duckdb_secrets()
SELECT * FROM duckdb_views()
SELECT * FROM duckdb_tables
SELECT * FROM pg_catalog.pg_tables
SELECT * FROM pg_tables
SELECT * FROM information_schema.tables
SELECT * FROM sqlite_master
SELECT * FROM duckdb_logs
SELECT * FROM which_secret('s3://x', 's3')
SELECT current_query()
SELECT version()
SELECT * FROM pragma_user_agent()
SELECT * FROM main.meta_heads
SELECT * FROM memory.sp.bars_1d
SELECT * FROM "sp.bars_1d.0"
SELECT * FROM temp.main."sp.bars_1d.0"
SELECT * FROM bars_1d
SELECT * FROM sp.secrets
SELECT * FROM other.bars_1d
-- code
INSTALL httpfs
FORCE INSTALL httpfs FROM 'http://127.0.0.1:9'
LOAD httpfs
LOAD '{outside}'
UPDATE EXTENSIONS
SELECT * FROM add_grammar_extension('x')
SELECT * FROM arrow_scan(1, 2, 3)
SELECT * FROM python_map_function(1)
SELECT * FROM pandas_scan(1)
SELECT * FROM create_external_resource('x')
SELECT * FROM register_external_resource('x')
-- Python variables
SELECT * FROM canary
SELECT * FROM df
-- changing what others read
CREATE TABLE x (i INTEGER)
CREATE TABLE x AS SELECT * FROM sp.bars_1d
CREATE OR REPLACE VIEW sp.bars_1d AS SELECT 1
CREATE MACRO f(x) AS getenv(x)
CREATE FUNCTION f(x) AS TABLE SELECT * FROM read_text(x)
CREATE SCHEMA s
CREATE SEQUENCE s
CREATE TYPE t AS ENUM ('a')
DROP VIEW sp.bars_1d
DROP SCHEMA sp CASCADE
ALTER VIEW sp.bars_1d RENAME TO x
INSERT INTO sp.bars_1d SELECT * FROM sp.bars_1d
UPDATE sp.bars_1d SET close = 0
DELETE FROM sp.bars_1d
TRUNCATE sp.bars_1d
MERGE INTO sp.assets USING sp.assets AS s ON true WHEN MATCHED THEN DELETE
COMMENT ON VIEW sp.bars_1d IS 'x'
WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x
WITH x AS (DELETE FROM sp.assets RETURNING *) FROM x
WITH x AS (UPDATE sp.assets SET sid = 1 RETURNING *) FROM x
SELECT * INTO x FROM sp.bars_1d
BEGIN TRANSACTION
COMMIT
VACUUM
ANALYZE
SELECT nextval('s')
SELECT setval('s', 1)
SELECT setseed(0.5)
-- several statements
SELECT 1; SELECT 2
SELECT 1; COPY (SELECT 1) TO '{data}' (USE_TMP_FILE false)
SELECT 1;; DROP SCHEMA sp CASCADE
;COPY (SELECT 1) TO '{data}'
-- waiting
SELECT sleep_ms(1)
SELECT pg_sleep(0.001)
-- names out of sight
SELECT * FROM (WITH pg_tables AS (SELECT 1) FROM pg_tables), pg_tables
WITH pg_tables AS (SELECT * FROM pg_tables) SELECT * FROM pg_tables
WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a
WITH "{outside}" AS (SELECT * FROM "{outside}") SELECT * FROM "{outside}"
SELECT (WITH sqlite_master AS (SELECT 1 AS x) SELECT x FROM sqlite_master), x.* FROM sqlite_master AS x
