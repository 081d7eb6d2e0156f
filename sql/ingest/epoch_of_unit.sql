-- An epoch with the digits that its unit has in 1973 to 2286, or with too few to tell of another unit;
-- else NULL, since a count of another unit would be read as a time in 1970.
CREATE OR REPLACE MACRO epoch_of_unit(text, least, most) AS CASE
    WHEN strlen(ltrim(trim(text), '+-')) < 9 OR strlen(ltrim(trim(text), '+-')) BETWEEN least AND most
    THEN TRY_CAST(text AS BIGINT)
END
