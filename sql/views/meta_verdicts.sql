-- What the checks of a dataset say together: failed if one of severity error found rows; passed only
-- if all that are not turned off were run.
CREATE OR REPLACE VIEW meta.verdicts AS
SELECT
    bundle,
    snapshot,
    dataset,
    CASE
        WHEN bool_or(severity = 'error' AND verdict = 'failed') THEN 'failed'
        WHEN bool_or(severity <> 'off' AND verdict = 'not checked') OR bool_and(severity = 'off') THEN 'not checked'
        ELSE 'passed'
    END AS verdict,
    CAST(sum(found) FILTER (severity = 'error') AS BIGINT) AS errors,
    CAST(sum(found) FILTER (severity = 'warn') AS BIGINT) AS warnings,
    CAST(sum(found) FILTER (severity = 'info') AS BIGINT) AS infos,
    max(checked_at) AS checked_at
FROM meta.quality
GROUP BY bundle, snapshot, dataset
ORDER BY bundle, dataset
