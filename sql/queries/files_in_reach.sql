-- Files of daily bars of a bundle that hold a session of [$first, $until).
SELECT
    path,
    rows,
    size
FROM meta.data_files
WHERE bundle = $bundle
    AND dataset = 'bars_1d'
    AND "last" >= $first
    AND "first" < $until
ORDER BY path
