-- Actions as an ingest takes them.
SELECT symbol, session, kind, ratio, amount, pay_date
FROM again_actions
