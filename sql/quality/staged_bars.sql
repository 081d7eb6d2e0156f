-- The rows of an ingest, as the checks of one row ask for them.
CREATE OR REPLACE VIEW bars AS
SELECT symbol, session, ts, in_session, open, high, low, close, volume
FROM staged
