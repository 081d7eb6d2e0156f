-- The newest run of every name.
SELECT
    name,
    max(run) AS run
FROM backtests.runs
GROUP BY name
ORDER BY name
