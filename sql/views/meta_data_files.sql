CREATE OR REPLACE VIEW meta.data_files AS
SELECT
    bundle,
    snapshot,
    dataset,
    "partition",
    path,
    "rows",
    size,
    sha256,
    first,
    last
FROM main.meta_data_files
