-- When the post was last sent, where `published_at` is when it was first; null: as then, or by a version that did not write it down.
ALTER TABLE delivery ADD COLUMN sent_at INTEGER;
