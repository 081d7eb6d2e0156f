-- The first and last day of the source and of what is stored.
SELECT
    least(min(CAST("at" AS DATE)), (SELECT min(first_session) FROM assets)),
    greatest(max(CAST("at" AS DATE)), (SELECT max(last_session) FROM assets))
FROM gathered
