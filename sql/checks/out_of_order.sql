-- name: out_of_order
-- severity: error
-- layer: temporal
-- scope: history
-- of: bars
-- meaning: bars of one partition that are not stored in order of asset and time.
-- columns: symbol, session, ts, detail
WITH placed AS (
    SELECT
        sid,
        symbol,
        session,
        ts,
        "partition",
        coalesce(ts, CAST(session AS TIMESTAMP)) AS "at"
    FROM stored
),
neighbours AS (
    SELECT
        *,
        lag(sid) OVER () AS sid_before,
        lag("at") OVER () AS at_before,
        lag("partition") OVER () AS partition_before
    FROM placed
)
SELECT
    symbol,
    session,
    ts,
    'stored after sid ' || sid_before || ' at ' || at_before AS detail
FROM neighbours
WHERE "partition" = partition_before AND (sid < sid_before OR sid = sid_before AND "at" < at_before)
ORDER BY symbol, session, ts
