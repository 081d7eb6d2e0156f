-- Every differing row, by dataset and in the order of its key.
SELECT
    dataset,
    symbol,
    change,
    before,
    after
FROM differences
