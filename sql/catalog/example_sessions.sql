-- New York was closed on 21 February, Washington's birthday; 14:30 to 21:00 UTC is 9:30 to 16:00.
CREATE TABLE example.sessions AS
SELECT
    CAST(day AS DATE) AS session,
    day + INTERVAL 14 HOUR + INTERVAL 30 MINUTE AS open_at,
    day + INTERVAL 21 HOUR AS close_at,
    CAST(NULL AS TIMESTAMP) AS break_at,
    CAST(NULL AS TIMESTAMP) AS resume_at
FROM generate_series(TIMESTAMP '2005-02-14', TIMESTAMP '2005-02-28', INTERVAL 1 DAY) AS days (day)
WHERE isodow(day) < 6 AND day <> TIMESTAMP '2005-02-21'
ORDER BY session
