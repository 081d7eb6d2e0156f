-- A binary float as an exact decimal: at 8 decimals, else at 18, half to even, if that moves it by at
-- most 1e-12 of itself; else NULL.
CREATE OR REPLACE MACRO exact_binary(x) AS CASE
    WHEN x = 0 THEN CAST(0 AS DECIMAL(38, 18))
    ELSE coalesce(
        CASE WHEN abs(x) < 1e10 THEN exact_binary_at(x, 8, 390625, 10000000000) END,
        exact_binary_at(x, 18, 3814697265625, 1)
    )
END
