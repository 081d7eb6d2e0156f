-- How the actions of a second reading and the stored ones differ: of each kind how many were told, those
-- in shares among them, are stored as they were told, are not stored since they leave no price above zero
-- or their asset has no bars, and differ.
WITH judged AS (
    SELECT
        again.kind,
        again.told,
        again.in_shares,
        stored.symbol IS NOT NULL
            AND stored.pay_date IS NOT DISTINCT FROM again.pay_date
            AND stored.amount IS NOT DISTINCT FROM again.amount
            AND stored.shares IS NOT DISTINCT FROM again.shares
            AND stored.payment_sid IS NOT DISTINCT FROM payments.sid
            AND (again.kind = 'dividend' OR stored.ratio = again.ratio) AS equal,
        stored.symbol IS NULL AND (known.symbol IS NULL OR merged.ratio <= 0 OR merged.amount <= 0) AS unsound
    FROM again_actions AS again
    LEFT JOIN adjustments AS stored
        ON stored.symbol = again.symbol AND stored.session = again.session AND stored.kind = again.kind
    LEFT JOIN assets AS payments
        ON payments.symbol = again.payment_symbol
    LEFT JOIN assets AS known
        ON known.symbol = again.symbol
    LEFT JOIN merged_actions AS merged
        ON merged.symbol = again.symbol AND merged.session = again.session AND merged.kind = again.kind
)
SELECT
    kind,
    CAST(sum(told) AS BIGINT) AS told,
    CAST(sum(in_shares) AS BIGINT) AS in_shares,
    count(*) FILTER (WHERE equal) AS equal,
    count(*) FILTER (WHERE unsound) AS unsound,
    count(*) FILTER (WHERE NOT equal AND NOT unsound) AS differing
FROM judged
GROUP BY kind
ORDER BY kind
