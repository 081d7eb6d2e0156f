-- The differences of two snapshots, of which there are none yet.
CREATE TABLE differences (dataset VARCHAR, symbol VARCHAR, change VARCHAR, before VARCHAR, after VARCHAR)
