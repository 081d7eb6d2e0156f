-- Where the lines of the files of one part gather that are no row.
CREATE OR REPLACE TABLE torn (file VARCHAR, record BIGINT, reason VARCHAR, raw VARCHAR)
