-- How many rows have a doubt, each counted once.
SELECT count(*)
FROM (SELECT DISTINCT sid, session, ts FROM new_flags)
