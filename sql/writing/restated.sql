-- The records of checks, those about a content that was written anew naming the new one.
SELECT
    quality.dataset,
    quality.kind,
    quality.severity,
    quality.verdict,
    quality.found,
    quality.sample,
    quality."rows",
    coalesce(restated.after, quality.content) AS content,
    quality.snapshot,
    quality.checked_at
FROM quality
LEFT JOIN restated
    ON restated.dataset = quality.dataset
    AND restated.before = quality.content
ORDER BY quality.dataset, quality.kind
