-- How far a delivery under way is, so that what breaks off goes on where it was: what the platform calls the picture that it
-- has already, and since when the post itself may be there (null: it was not sent, or is known not to have been made).
ALTER TABLE delivery ADD COLUMN upload TEXT;
ALTER TABLE delivery ADD COLUMN published_at INTEGER;
-- Until when the process that holds it has it, unless it asks for more time. An earlier version leaves all three null, and takes
-- what is under way when it starts for unknown.
ALTER TABLE delivery ADD COLUMN leased_until INTEGER;
DROP INDEX delivery_in_flight;
CREATE INDEX delivery_lease ON delivery (leased_until) WHERE state = 'sending';
-- Attempts are ended by the deliveries that they are of.
DROP INDEX attempt_open;
