-- Pictures that were uploaded and are to be removed from their platforms: their posts were never made with them, or their shares
-- are deleted. To an earlier version there are none: it leaves them where they are.
CREATE TABLE discard (
    share_id TEXT   COLLATE "C" NOT NULL,
    target   TEXT   COLLATE "C" NOT NULL,
    -- Tells those of one delivery apart.
    number   BIGINT NOT NULL,
    -- What the platform calls it.
    upload   TEXT   NOT NULL,
    -- Kept: its share is still there, and whoever uploads another picture for it removes this one first.
    state    TEXT   COLLATE "C" NOT NULL CHECK (state IN ('kept', 'queued', 'removed', 'failed')),
    reason   TEXT,
    attempts BIGINT NOT NULL DEFAULT 0,
    -- When its share was deleted; null: it is not.
    asked_at BIGINT,
    -- One that is taken is due again when its lease has ended.
    due_at   BIGINT,
    PRIMARY KEY (share_id, target, number),
    CHECK ((state = 'kept') = (asked_at IS NULL)),
    CHECK ((state = 'queued') = (due_at IS NOT NULL))
);

CREATE INDEX discard_by_target ON discard (target, due_at, share_id) WHERE state = 'queued';
CREATE INDEX discard_by_time ON discard (asked_at) WHERE state IN ('removed', 'failed');
