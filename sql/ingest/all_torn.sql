-- The lines that are no row.
SELECT file, record, reason, raw
FROM torn
ORDER BY file, record
