-- Differing rows by dataset and symbol; a dataset without symbols has one row.
SELECT
    dataset,
    symbol,
    count(*) FILTER (WHERE change = 'added') AS added,
    count(*) FILTER (WHERE change = 'changed') AS changed,
    count(*) FILTER (WHERE change = 'removed') AS removed
FROM differences
GROUP BY ALL
ORDER BY ALL
