-- Rejects that are not stored already.
SELECT ? AS txn, file, line, reason, raw
FROM found_rejects
ANTI JOIN rejects USING (file, line, reason, raw)
