-- Run by SQLite over a file of adjustments of zipline: dividends in shares, days as seconds since 1970.
SELECT sid, ex_date, pay_date, payment_sid, ratio
FROM stock_dividend_payouts
ORDER BY sid, ex_date
