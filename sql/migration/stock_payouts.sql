-- Run by SQLite over a file of adjustments of zipline: how many dividends are paid in shares.
SELECT count(*) AS number
FROM stock_dividend_payouts
