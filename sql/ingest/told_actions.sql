-- Splits and dividends as the columns of the source tell them. A split is told in new
-- shares per old; zero says that there is none.
CREATE OR REPLACE TABLE actions AS
SELECT
    symbol,
    session,
    'split' AS kind,
    1 / CAST(split AS DOUBLE) AS ratio,
    CAST(NULL AS DECIMAL(38, 18)) AS amount
FROM staged
WHERE split <> 0 AND split <> 1
UNION ALL
SELECT symbol, session, 'dividend', NULL, dividend
FROM staged
WHERE dividend <> 0
