-- Why the words of a trade cannot be taken, empty if they can. Any text is an id.
CREATE OR REPLACE MACRO words_problem(side, id, seq) AS concat_ws('; ',
    CASE
        WHEN NOT is_missing(side) AND side_of(side) IS NULL
        THEN 'side: expected buy or sell, found ''' || side || ''''
    END,
    CASE
        WHEN NOT is_missing(seq) AND NOT regexp_full_match(trim(seq), '[0-9]{1,18}')
        THEN 'seq: expected a whole number from 0 on, found ''' || seq || ''''
    END
)
