-- When the visitor last asked for the delivery again; null: not since the share was accepted. A delivery is tried for a day
-- from then on. An earlier version of the program leaves it null, which is what it means there.
ALTER TABLE delivery ADD COLUMN asked_at INTEGER;
