-- The trades of an ingest, as the checks of one row ask for them.
CREATE OR REPLACE VIEW ticks AS
SELECT symbol, session, ts, price, size
FROM staged
