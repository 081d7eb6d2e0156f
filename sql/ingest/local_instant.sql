-- The instant, UTC, at which a clock of a zone shows a time; NULL if it skips that time. Of a time that it
-- shows twice the second.
CREATE OR REPLACE MACRO local_instant(zone, shown) AS CASE
    WHEN timezone(zone, timezone(zone, CAST(shown AS TIMESTAMP))) = CAST(shown AS TIMESTAMP)
    THEN CAST(timezone(zone, CAST(shown AS TIMESTAMP)) AS TIMESTAMP)
END
