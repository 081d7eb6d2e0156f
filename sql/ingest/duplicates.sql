-- How many rows say again what another row of the source says.
SELECT coalesce(sum(times - 1), 0)
FROM repeated
