-- The trades of the source with their session; one outside every session is of its UTC date.
CREATE OR REPLACE VIEW staged AS
SELECT
    gathered.symbol,
    coalesce(days.session, CAST(gathered."at" AS DATE)) AS session,
    gathered."at" AS ts,
    days.session IS NOT NULL AS in_session,
    gathered.price,
    gathered.size,
    gathered.side,
    gathered.id,
    gathered.seq,
    gathered.position
FROM gathered
LEFT JOIN session_days AS days
    ON days.day = CAST(gathered."at" AS DATE) AND gathered."at" >= days.begin_at AND gathered."at" < days.end_at
