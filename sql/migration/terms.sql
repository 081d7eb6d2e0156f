-- What a file of assets of zipline says of each, by the symbol it has here; days there are nanoseconds.
SELECT
    names.symbol,
    told.asset_type,
    told.name,
    told.root_symbol,
    told.expiry,
    told.multiplier,
    told.tick_size
FROM (
    SELECT
        CAST(sid AS BIGINT) AS sid,
        CAST(NULL AS VARCHAR) AS asset_type,
        CAST(name AS VARCHAR) AS name,
        CAST(NULL AS VARCHAR) AS root_symbol,
        CAST(NULL AS DATE) AS expiry,
        CAST(NULL AS DOUBLE) AS multiplier,
        CAST(NULL AS DOUBLE) AS tick_size
    FROM equities
    UNION ALL
    SELECT
        CAST(sid AS BIGINT),
        'future',
        CAST(name AS VARCHAR),
        CAST(root_symbol AS VARCHAR),
        -- zipline closes a position on the day of auto_close_date, which may lie before the expiry.
        least(
            CAST(make_timestamp(nullif(CAST(expiration_date AS BIGINT), -9223372036854775808) // 1000) AS DATE),
            CAST(make_timestamp(nullif(CAST(auto_close_date AS BIGINT), -9223372036854775808) // 1000) AS DATE)
        ),
        CAST(multiplier AS DOUBLE),
        CAST(tick_size AS DOUBLE)
    FROM futures
) AS told
JOIN names USING (sid)
ORDER BY names.symbol
