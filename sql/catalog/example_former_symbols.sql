-- No asset of the example was renamed.
CREATE TABLE example.former_symbols (
    sid INTEGER,
    symbol VARCHAR,
    first_session DATE,
    last_session DATE
)
