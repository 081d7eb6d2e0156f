-- Run by SQLite over a file of assets of zipline: the symbols that each equity had, and when.
SELECT sid, symbol, start_date, end_date
FROM equity_symbol_mappings
ORDER BY sid, start_date, id
