-- The symbols of the staged rows, in order.
SELECT DISTINCT symbol
FROM gathered
ORDER BY symbol
