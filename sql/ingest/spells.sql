-- The symbols of before, as they are stored.
SELECT sid, symbol, first_session, last_session
FROM spells
ORDER BY sid, first_session
