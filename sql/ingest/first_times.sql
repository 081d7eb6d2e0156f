-- Some times as the file writes them, to decide their form.
SELECT CAST("at" AS VARCHAR)
FROM incoming
WHERE "at" IS NOT NULL
LIMIT 200
