-- Run by SQLite over a file of assets of zipline: its equities.
SELECT
    equities.sid,
    equities.asset_name AS name,
    equities.start_date,
    equities.end_date,
    exchanges.canonical_name AS exchange
FROM equities
LEFT JOIN exchanges ON exchanges.exchange = equities.exchange
ORDER BY equities.sid
