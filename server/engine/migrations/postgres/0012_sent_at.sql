-- When the post was last sent, where `published_at` is when it was first; null: as then, or by a version that did not write it
-- down; such a version beside this one leaves an older time, which `published_at` then goes beyond.
ALTER TABLE delivery ADD COLUMN sent_at BIGINT;
