-- The clipping that was the deleted share's alone, `HASH.EXTENSION`, until it is removed.
ALTER TABLE deleted_share ADD COLUMN clipping TEXT;
CREATE INDEX clipping_to_remove ON deleted_share (id) WHERE clipping IS NOT NULL;
