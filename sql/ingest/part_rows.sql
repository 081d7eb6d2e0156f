-- How many rows of some parts can be taken: those typed by cast, and the settled ones.
SELECT
    (SELECT count(*) FROM read_parquet($1, hive_partitioning = false) WHERE raw IS NULL)
    + (SELECT count(*) FROM read_parquet($2, hive_partitioning = false) WHERE reason IS NULL)
