-- Clippings that were removed, or are being removed: who commits a share looks here whether its clipping is still what was
-- stored for it. To an earlier version there is no such table, and it stores the clipping again after it has committed.
CREATE TABLE clipping_removal (
    clipping   TEXT    NOT NULL PRIMARY KEY,
    -- How often it was removed.
    removals   INTEGER NOT NULL,
    -- Until when one process has it to remove, and nobody may commit a share with it; or when that ended.
    held_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX clipping_removal_by_time ON clipping_removal (held_until);

-- A clipping that could not be removed waits until then; null: it did not fail yet.
ALTER TABLE deleted_share ADD COLUMN clipping_due_at INTEGER;
CREATE INDEX deleted_share_by_time ON deleted_share (deleted_at);

-- Removals wait by target, as deliveries do.
CREATE INDEX removal_by_target ON removal (target, due_at, share_id) WHERE state = 'queued';

-- What is on the board, however many shares are not.
CREATE INDEX delivery_on_board ON delivery (share_id) WHERE target = 'board' AND state = 'posted';
