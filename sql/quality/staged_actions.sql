-- The actions of an ingest, those that cannot be stored among them.
CREATE OR REPLACE VIEW corporate_actions AS
SELECT sid, symbol, session, kind, ratio, amount
FROM merged_actions
