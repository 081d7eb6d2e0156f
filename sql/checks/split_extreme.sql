-- name: split_extreme
-- severity: warn
-- layer: ohlcv
-- scope: history
-- of: actions
-- parameters: times = 50
-- meaning: a split of very many shares per old one, or the reverse.
-- columns: symbol, session, ts, detail
SELECT
    symbol,
    session,
    CAST(NULL AS TIMESTAMP) AS ts,
    'split with ratio ' || ratio AS detail
FROM corporate_actions
WHERE kind = 'split' AND greatest(ratio, 1 / ratio) > $times
ORDER BY symbol, session, detail
