-- Where the doubts about the rows of an ingest gather.
CREATE OR REPLACE TABLE found_flags (
    dataset VARCHAR,
    symbol VARCHAR,
    session DATE,
    ts TIMESTAMP,
    kind VARCHAR,
    detail VARCHAR
)
