-- Adds what one check found.
INSERT INTO found_flags
SELECT $dataset, symbol, session, ts, $kind, detail
FROM offending
