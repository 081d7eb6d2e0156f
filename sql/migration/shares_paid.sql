-- Dividends in shares of a file of adjustments of zipline, and which of them are taken: those of a number
-- above 0, and of several other assets on one day the first.
CREATE OR REPLACE TABLE shares_paid AS
SELECT
    *,
    coalesce(shares > 0 AND isfinite(shares), false)
        AND (payment_sid = sid OR dense_rank() OVER (PARTITION BY sid, day, payment_sid = sid ORDER BY payment_sid) = 1) AS taken
FROM (
    SELECT
        CAST(sid AS BIGINT) AS sid,
        CAST(ex_date AS BIGINT) AS day,
        nullif(CAST(pay_date AS BIGINT), -9223372036854775808) AS paid,
        CAST(ratio AS DOUBLE) AS shares,
        coalesce(CAST(payment_sid AS BIGINT), CAST(sid AS BIGINT)) AS payment_sid
    FROM stock_payouts
)
