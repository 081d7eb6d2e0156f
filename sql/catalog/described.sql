-- What the manifests say of a bundle; where it came from is told by the newest ingest, as a compaction reads no source.
SELECT
    bundles."rows",
    bundles.size,
    bundles.first_session,
    bundles.last_session,
    bundles.created_at AS updated_at,
    (SELECT min(created_at) FROM meta.snapshots WHERE bundle = $bundle) AS created_at,
    lineage.source,
    lineage.adapter,
    lineage.fetched_at
FROM meta.bundles AS bundles
LEFT JOIN (
    SELECT
        bundle,
        max_by(source, snapshot) AS source,
        max_by(adapter, snapshot) AS adapter,
        max_by(fetched_at, snapshot) AS fetched_at
    FROM meta.lineage
    WHERE source IS NOT NULL
    GROUP BY bundle
) AS lineage USING (bundle)
WHERE bundles.bundle = $bundle
