"""The columns of `meta`: type, unit, source, as `warehouse.schema` has those of the datasets."""

from warehouse.schema import ASSETS, Column, dataset

FILES = (
    Column("bundle", "VARCHAR", "Bundle"),
    Column("snapshot", "BIGINT", "Version that is open here"),
    Column("dataset", "VARCHAR", "Dataset"),
    Column("partition", "VARCHAR", "Span of the file: all, a year or a month"),
    Column("path", "VARCHAR", "Where it lies"),
    Column("rows", "BIGINT", "Rows"),
    Column("size", "BIGINT", "Bytes"),
    Column("sha256", "VARCHAR", "SHA-256 at commit, hex"),
    Column("first", "VARCHAR", "First value of its time column, ISO; empty if it has none"),
    Column("last", "VARCHAR", "Last value of its time column, ISO; empty if it has none"),
)
BUNDLES = (
    Column("bundle", "VARCHAR", "Name, also of its schema"),
    Column("snapshot", "BIGINT", "Version that is open here"),
    Column("sha256", "VARCHAR", "SHA-256 of its manifest, hex"),
    Column("created_at", "TIMESTAMP", "Commit, UTC"),
    Column("calendar", "VARCHAR", "Exchange calendar, such as XNYS or 24/7"),
    Column("rows", "BIGINT", "Stored bars of all resolutions, and trades"),
    Column("size", "BIGINT", "Bytes of all files"),
    Column("first_session", "DATE", "Date of the first stored bar"),
    Column("last_session", "DATE", "Date of the last stored bar"),
)
SNAPSHOTS = (
    Column("bundle", "VARCHAR", "Bundle"),
    Column("snapshot", "BIGINT", "Version, from 1"),
    Column("sha256", "VARCHAR", "SHA-256 of its manifest, hex"),
    Column("parent", "VARCHAR", "SHA-256 of the manifest before; empty in the first"),
    Column("created_at", "TIMESTAMP", "Commit, UTC"),
    Column("txn", "VARCHAR", "Transaction that made it"),
    Column("lineage", "JSON", "Source, parameters and versions"),
)
LINEAGE = (
    Column("bundle", "VARCHAR", "Bundle"),
    Column("snapshot", "BIGINT", "Version that came of it"),
    Column("created_at", "TIMESTAMP", "Commit, UTC"),
    Column("source", "VARCHAR", "Source in words, without secrets; NULL if no source was read"),
    Column("adapter", "VARCHAR", "Class that read it"),
    Column("parameters", "JSON", "With which parameters, without secrets"),
    Column("fetched_at", "TIMESTAMP", "When reading began, UTC"),
    Column("rows", "BIGINT", "Rows of the source"),
    Column("rejected", "BIGINT", "Rows of it that were not taken"),
    Column("versions", "JSON", "Versions of the packages that read and wrote"),
    Column(
        "inputs",
        "STRUCT(path VARCHAR, size BIGINT, sha256 VARCHAR)[]",
        "Files that were read, with bytes and SHA-256, hex",
    ),
)
CHECKS = (
    Column("kind", "VARCHAR", "Name, a file of sql/checks"),
    Column("layer", "VARCHAR", "schema, ohlcv, temporal or precision"),
    Column(
        "severity", "VARCHAR", "error, warn or info, unless the policy of a bundle says otherwise"
    ),
    Column("subject", "VARCHAR", "bars, daily, sessions, intraday, minutes, actions or trades"),
    Column("at_ingest", "BOOLEAN", "Whether each row is judged when it is ingested, too"),
    Column("parameters", "JSON", "Thresholds"),
    Column("meaning", "VARCHAR", "What an offending row is"),
    Column("number", "BIGINT", "Order"),
)
JUDGED = (
    Column("bundle", "VARCHAR", ""),
    Column("snapshot", "BIGINT", ""),
    Column("dataset", "VARCHAR", ""),
    Column("content", "VARCHAR", ""),
    Column("record", "VARCHAR", ""),
)
SUBJECTS = (Column("dataset", "VARCHAR", ""), Column("kind", "VARCHAR", ""))
_RECORDED = {it.name: it for it in dataset("quality").columns}
QUALITY = (
    *SNAPSHOTS[:1],
    Column("snapshot", "BIGINT", "Version that is open here"),
    *(_RECORDED[it] for it in ("dataset", "kind")),
    CHECKS[1],
    *(_RECORDED[it] for it in ("severity", "verdict", "found", "rows")),
    CHECKS[6],
    *(_RECORDED[it] for it in ("sample", "checked_at")),
)
VERDICTS = (
    *QUALITY[:3],
    Column("verdict", "VARCHAR", "passed, failed or not checked, of all checks together"),
    Column("errors", "BIGINT", "Rows found by checks of severity error; NULL if none was run"),
    Column("warnings", "BIGINT", "Rows found by checks of severity warn; NULL if none was run"),
    Column("infos", "BIGINT", "Rows found by checks of severity info; NULL if none was run"),
    Column("checked_at", "TIMESTAMP", "When, UTC; NULL if not checked"),
)
SYMBOLS = (Column("bundle", "VARCHAR", "Bundle"), *ASSETS.columns)
ABOUT = (
    Column("format", "INTEGER", "Format of the catalog"),
    Column("root", "VARCHAR", "Folder of the warehouse"),
)
