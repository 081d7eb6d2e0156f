-- How many former symbols are stored and not told, or told and not stored.
SELECT count(*)
FROM (
    (SELECT sid, symbol, first_session, last_session FROM spells)
    EXCEPT
    (SELECT sid, symbol, first_session, last_session FROM former_symbols)
    UNION ALL
    (
        (SELECT sid, symbol, first_session, last_session FROM former_symbols)
        EXCEPT
        (SELECT sid, symbol, first_session, last_session FROM spells)
    )
)
