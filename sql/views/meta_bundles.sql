CREATE OR REPLACE VIEW meta.bundles AS
SELECT
    heads.bundle,
    heads.snapshot,
    heads.sha256,
    heads.created_at,
    heads.calendar,
    CAST(coalesce(sum(files."rows") FILTER (starts_with(files.dataset, 'bars_') OR files.dataset = 'trades'), 0) AS BIGINT) AS "rows",
    CAST(coalesce(sum(files.size), 0) AS BIGINT) AS size,
    CAST(left(min(files.first) FILTER (starts_with(files.dataset, 'bars_') OR files.dataset = 'trades'), 10) AS DATE) AS first_session,
    CAST(left(max(files.last) FILTER (starts_with(files.dataset, 'bars_') OR files.dataset = 'trades'), 10) AS DATE) AS last_session
FROM main.meta_heads AS heads
LEFT JOIN main.meta_data_files AS files USING (bundle)
GROUP BY ALL
ORDER BY heads.bundle
