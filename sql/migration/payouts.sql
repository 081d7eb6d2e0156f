-- Run by SQLite over a file of adjustments of zipline: cash dividends, days as seconds since 1970.
SELECT sid, ex_date, pay_date, amount
FROM dividend_payouts
ORDER BY sid, ex_date
