-- The date of an ISO timestamp as it is written, which is the session of a daily row: midnight in London
-- is another day in UTC. NULL if the text is no timestamp, or of a zone or era that is none.
CREATE OR REPLACE MACRO written_day(text) AS CASE
    WHEN date_diff(
        'day',
        TRY_CAST(regexp_extract(text, '^[0-9]+[-/][0-9]+[-/][0-9]+') AS DATE),
        CAST(TRY_CAST(text AS TIMESTAMPTZ) AS DATE)
    ) BETWEEN -1 AND 1
    THEN CAST(TRY_CAST(regexp_extract(text, '^[0-9]+[-/][0-9]+[-/][0-9]+') AS DATE) AS TIMESTAMP)
END
