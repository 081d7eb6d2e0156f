CREATE TABLE example.assets AS
SELECT
    CAST(sid AS INTEGER) AS sid,
    symbol,
    'XNYS' AS exchange,
    'equity' AS asset_type,
    DATE '2005-02-14' AS first_session,
    DATE '2005-02-28' AS last_session
FROM (VALUES (1, 'AAPL'), (2, 'MSFT')) AS listed (sid, symbol)
