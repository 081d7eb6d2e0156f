-- How many dividends are paid in shares.
SELECT "number"
FROM stock_payouts
