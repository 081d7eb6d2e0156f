-- The last session before which the assets of two snapshots are alike; NULL if they are. An asset
-- that only ends at another session is as before until the earlier end.
SELECT
    min(CASE
        WHEN old.sid IS NULL THEN new.first_session
        WHEN new.sid IS NULL THEN old.first_session
        WHEN old.symbol = new.symbol
            AND old.exchange IS NOT DISTINCT FROM new.exchange
            AND old.asset_type IS NOT DISTINCT FROM new.asset_type
            AND old.first_session = new.first_session
        THEN least(old.last_session, new.last_session)
        ELSE least(old.first_session, new.first_session)
    END)
FROM before.assets AS old
FULL JOIN after.assets AS new ON new.sid = old.sid
WHERE old IS DISTINCT FROM new
