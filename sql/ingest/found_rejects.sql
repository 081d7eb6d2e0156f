-- The rows of the source that cannot be taken.
CREATE OR REPLACE TABLE found_rejects AS
SELECT
    unnest(CAST($file AS VARCHAR[])) AS file,
    unnest(CAST($line AS BIGINT[])) AS line,
    unnest(CAST($reason AS VARCHAR[])) AS reason,
    unnest(CAST($raw AS VARCHAR[])) AS raw
