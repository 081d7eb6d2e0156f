-- How many dividends in shares are not taken.
SELECT count(*)
FROM shares_paid
WHERE NOT taken
