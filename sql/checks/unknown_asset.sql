-- name: unknown_asset
-- severity: error
-- layer: schema
-- scope: history
-- of: bars
-- meaning: bars whose sid and symbol are not those of an asset.
-- columns: symbol, session, ts, detail
SELECT
    bars.symbol,
    min(bars.session) AS session,
    min(bars.ts) AS ts,
    'sid ' || bars.sid || ': ' || count(*) || ' bars without an asset of that symbol' AS detail
FROM bars
ANTI JOIN assets ON assets.sid = bars.sid AND assets.symbol = bars.symbol
GROUP BY bars.sid, bars.symbol
ORDER BY symbol, session
