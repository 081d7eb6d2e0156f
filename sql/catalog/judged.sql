-- The verdict on all bars of a bundle together, when it was reached, and the outliers if they were looked for.
SELECT
    CASE
        WHEN bool_or(verdicts.verdict = 'failed') THEN 'failed'
        WHEN bool_and(verdicts.verdict = 'passed') THEN 'passed'
        ELSE 'not checked'
    END AS verdict,
    max(verdicts.checked_at) AS checked_at,
    (
        SELECT CAST(sum(found) AS BIGINT)
        FROM meta.quality
        WHERE bundle = $bundle AND kind = 'outlier_return'
    ) AS outliers
FROM meta.verdicts AS verdicts
WHERE verdicts.bundle = $bundle
