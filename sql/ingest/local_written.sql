-- The instant, UTC, of an ISO timestamp: by its own zone, which a letter or sign behind the hour tells, else
-- by a clock. NULL if the text is none; DuckDB also reads words, such as epoch, so a digit must begin it.
CREATE OR REPLACE MACRO local_written(zone, text) AS CASE
    WHEN NOT (text >= '0' AND text < ':') THEN NULL
    WHEN regexp_matches(text, ':.*[-+A-Za-z]') THEN CAST(TRY_CAST(text AS TIMESTAMPTZ) AS TIMESTAMP)
    ELSE local_instant(zone, TRY_CAST(text AS TIMESTAMP))
END
