-- The staged trades as rows of the dataset. One that is stored keeps its number, and one of an id that
-- is not yet stored stands behind the stored ones of its instant.
CREATE OR REPLACE VIEW new_rows AS
SELECT
    staged.ts,
    staged.session,
    numbers.sid,
    staged.symbol,
    staged.price,
    staged.size,
    staged.side,
    staged.id,
    CASE
        WHEN same.seq IS NOT NULL THEN same.seq
        WHEN staged.seq IS NOT NULL THEN staged.seq
        WHEN staged.id IS NULL THEN staged.position
        ELSE coalesce(stored.last_seq + 1, 0) + staged.position
    END AS seq
FROM staged
JOIN numbers USING (symbol)
LEFT JOIN met AS same
    ON same.sid = numbers.sid AND same.ts = staged.ts AND same.id = staged.id
LEFT JOIN (
    SELECT sid, ts, max(seq) AS last_seq
    FROM met
    GROUP BY sid, ts
) AS stored
    ON stored.sid = numbers.sid AND stored.ts = staged.ts
