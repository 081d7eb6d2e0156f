CREATE OR REPLACE VIEW meta.checks AS
SELECT
    kind,
    layer,
    severity,
    subject,
    at_ingest,
    parameters,
    meaning
FROM main.meta_checks
