-- The first spells of symbols that cannot be, with what is wrong.
SELECT symbol, first_session, problem
FROM (
    SELECT
        sid,
        symbol,
        first_session,
        CASE
            WHEN symbol IS NULL OR symbol = '' THEN 'no former_symbol'
            WHEN first_session IS NULL OR last_session IS NULL THEN 'a symbol without both of its days'
            WHEN first_session > last_session THEN 'a symbol that ends before it begins'
            WHEN first_session <= lag(last_session) OVER (PARTITION BY sid ORDER BY first_session, last_session)
                THEN 'two symbols of one asset on one day'
        END AS problem
    FROM spells
)
WHERE problem IS NOT NULL
ORDER BY sid, first_session
LIMIT 3
