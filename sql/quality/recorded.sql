-- What the checks found when they last ran.
SELECT dataset, kind, severity, verdict, found, sample, "rows", content
FROM quality
ORDER BY dataset, kind
