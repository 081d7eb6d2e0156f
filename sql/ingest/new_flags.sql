-- The doubts found, with the sid of each symbol.
CREATE OR REPLACE TABLE new_flags AS
SELECT dataset, numbers.sid, found_flags.symbol, session, ts, kind, detail
FROM found_flags
JOIN numbers USING (symbol)
