-- The targets that are chosen when the overlay opens for this visitor, with spaces between them; none where nothing stands there.
ALTER TABLE visitor ADD COLUMN chosen TEXT;
