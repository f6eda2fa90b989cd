-- When the removal was last asked for, where that was again after it had failed; null: when its share was deleted.
ALTER TABLE removal ADD COLUMN asked_at BIGINT;
