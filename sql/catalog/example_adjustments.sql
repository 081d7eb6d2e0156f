-- Microsoft's dividend of 8 cents over the close before, 26.01; Apple's two-for-one split.
CREATE TABLE example.adjustments AS
SELECT
    CAST(sid AS INTEGER) AS sid,
    symbol,
    CAST(session AS DATE) AS session,
    kind,
    CAST(ratio AS DOUBLE) AS ratio,
    CAST(amount AS DECIMAL(18,8)) AS amount,
    CAST(pay_date AS DATE) AS pay_date,
    CAST(NULL AS DOUBLE) AS shares,
    CAST(NULL AS INTEGER) AS payment_sid
FROM (VALUES
    (1, 'AAPL', '2005-02-28', 'split', 0.5e0, NULL, NULL),
    (2, 'MSFT', '2005-02-15', 'dividend', 1 - 0.08e0 / 26.01e0, 0.08, '2005-03-10')
) AS actions (sid, symbol, session, kind, ratio, amount, pay_date)
ORDER BY sid, session
