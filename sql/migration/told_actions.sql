-- Actions as an ingest takes them.
SELECT symbol, session, kind, ratio, amount, pay_date, shares, payment_symbol
FROM again_actions
