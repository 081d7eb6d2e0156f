-- The symbols of a file of assets of zipline that an asset had before its last one, by the symbol it has
-- here, and the last one of an asset that has it with its sid behind; days there are nanoseconds. A spell
-- that reaches into the next one ends before it.
WITH told AS (
    SELECT sid, symbol, start_date, end_date
    FROM symbols
    UNION ALL
    SELECT sid, symbol, start_date, end_date
    FROM futures
), spells AS (
    SELECT
        CAST(sid AS BIGINT) AS sid,
        CAST(symbol AS VARCHAR) AS symbol,
        CAST(make_timestamp(CAST(start_date AS BIGINT) // 1000) AS DATE) AS first_day,
        CAST(make_timestamp(CAST(end_date AS BIGINT) // 1000) AS DATE) AS last_day
    FROM told
    WHERE symbol IS NOT NULL
), followed AS (
    SELECT
        *,
        lead(first_day) OVER (PARTITION BY sid ORDER BY first_day, last_day, symbol) AS next_day
    FROM spells
)
SELECT
    names.symbol,
    followed.symbol AS former_symbol,
    followed.first_day AS first_session,
    least(followed.last_day, CAST(followed.next_day - INTERVAL 1 DAY AS DATE)) AS last_session
FROM followed
JOIN names USING (sid)
WHERE followed.next_day > followed.first_day
    OR (followed.next_day IS NULL AND followed.symbol <> names.symbol AND followed.first_day <= followed.last_day)
ORDER BY names.symbol, first_session
