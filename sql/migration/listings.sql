-- Assets that zipline lists and that have no bars, and those whose days of listing are not those of
-- their first and last bars.
SELECT
    count(*) FILTER (WHERE assets.symbol IS NULL) AS unheld,
    count(*) FILTER (WHERE assets.first_session <> listed.first_day OR assets.last_session <> listed.last_day) AS other
FROM (
    SELECT
        names.symbol,
        CAST(make_timestamp(CAST(start_date AS BIGINT) // 1000) AS DATE) AS first_day,
        CAST(make_timestamp(CAST(end_date AS BIGINT) // 1000) AS DATE) AS last_day
    FROM equities
    JOIN names ON names.sid = CAST(equities.sid AS BIGINT)
) AS listed
LEFT JOIN assets USING (symbol)
