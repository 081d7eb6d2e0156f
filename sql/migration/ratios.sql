-- Ratios of dividends that zipline stored, and how many differ by more than a billionth from those that
-- follow from the stored bars.
SELECT
    count(*) AS told,
    count(*) FILTER (WHERE stored.ratio IS NULL OR abs(stored.ratio / again.ratio - 1) > 1e-9) AS differing
FROM (
    SELECT
        names.symbol,
        CAST(make_timestamp(CAST(effective_date AS BIGINT) * 1000000) AS DATE) AS session,
        product(CAST(ratio AS DOUBLE)) AS ratio
    FROM dividends
    JOIN names ON names.sid = CAST(dividends.sid AS BIGINT)
    GROUP BY ALL
) AS again
SEMI JOIN again_actions ON again_actions.symbol = again.symbol AND again_actions.session = again.session
LEFT JOIN adjustments AS stored
    ON stored.symbol = again.symbol AND stored.session = again.session AND stored.kind = 'dividend'
