-- Run by SQLite over a file of adjustments of zipline: days as seconds since 1970.
SELECT sid, effective_date, ratio
FROM mergers
ORDER BY sid, effective_date
