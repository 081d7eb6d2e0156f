-- Every asset with the first and last session of its stored bars.
SELECT
    numbers.sid,
    numbers.symbol,
    numbers.exchange,
    numbers.asset_type,
    min(bars.session) AS first_session,
    max(bars.session) AS last_session
FROM numbers
JOIN (
    SELECT sid, session FROM bars_1d
    UNION ALL
    SELECT sid, session FROM bars_1m
) AS bars USING (sid)
GROUP BY ALL
ORDER BY numbers.sid
