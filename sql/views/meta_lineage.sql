-- Where the rows of every snapshot came from, read from the manifests when it is asked for.
CREATE OR REPLACE VIEW meta.lineage AS
SELECT
    bundle,
    snapshot,
    created_at,
    lineage ->> '$.source' AS source,
    lineage ->> '$.adapter' AS adapter,
    lineage -> '$.parameters' AS parameters,
    CAST(CAST(lineage ->> '$.fetched_at' AS TIMESTAMPTZ) AS TIMESTAMP) AS fetched_at,
    CAST(lineage ->> '$.rows' AS BIGINT) AS "rows",
    CAST(lineage ->> '$.rejected' AS BIGINT) AS rejected,
    coalesce(json_merge_patch(lineage -> '$.versions', lineage -> '$.adapter_versions'), lineage -> '$.versions') AS versions,
    from_json(lineage -> '$.inputs', '[{"path": "VARCHAR", "size": "BIGINT", "sha256": "VARCHAR"}]') AS inputs
FROM meta.snapshots
