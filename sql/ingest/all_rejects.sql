-- Stored rejects and new ones.
SELECT txn, file, line, reason, raw
FROM rejects
UNION ALL
SELECT txn, file, line, reason, raw
FROM new_rejects
ORDER BY txn, file, line
