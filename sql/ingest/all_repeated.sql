-- The symbols and times that stand in the source more than once.
SELECT symbol, "at"
FROM repeated
