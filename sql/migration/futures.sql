-- Run by SQLite over a file of assets of zipline: its contracts of futures.
SELECT
    sid,
    symbol,
    asset_name AS name,
    start_date,
    end_date,
    exchange,
    root_symbol,
    expiration_date,
    auto_close_date,
    multiplier,
    tick_size
FROM futures_contracts
ORDER BY sid
