-- Names of the exchanges of equities, in one text; NULL if there are none.
SELECT string_agg(DISTINCT CAST(exchange AS VARCHAR), ', ' ORDER BY CAST(exchange AS VARCHAR))
FROM equities
