-- Every stored run without its text, newest first.
SELECT * EXCLUDE (source)
FROM backtests.runs
ORDER BY run DESC
