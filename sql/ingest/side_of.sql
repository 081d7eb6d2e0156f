-- What the taker of a trade did, by one of the words for it; NULL for any other text.
CREATE OR REPLACE MACRO side_of(written) AS CASE lower(trim(written))
    WHEN 'buy' THEN 'buy'
    WHEN 'b' THEN 'buy'
    WHEN 'sell' THEN 'sell'
    WHEN 's' THEN 'sell'
END
