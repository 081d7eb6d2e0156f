CREATE TABLE example.assets AS
SELECT
    CAST(sid AS INTEGER) AS sid,
    symbol,
    'XNYS' AS exchange,
    'equity' AS asset_type,
    DATE '2005-02-14' AS first_session,
    DATE '2005-02-28' AS last_session,
    name,
    'USD' AS currency,
    CAST(NULL AS DOUBLE) AS tick_size,
    CAST(NULL AS DOUBLE) AS lot_size,
    CAST(NULL AS DOUBLE) AS multiplier,
    CAST(NULL AS VARCHAR) AS root_symbol,
    CAST(NULL AS VARCHAR) AS underlying,
    CAST(NULL AS DATE) AS expiry,
    CAST(NULL AS DOUBLE) AS strike,
    CAST(NULL AS VARCHAR) AS option_right,
    CAST(NULL AS DOUBLE) AS initial_margin,
    CAST(NULL AS DOUBLE) AS maintenance_margin,
    CAST(NULL AS DOUBLE) AS borrow_rate
FROM (VALUES (1, 'AAPL', 'Apple'), (2, 'MSFT', 'Microsoft')) AS listed (sid, symbol, name)
