-- What the platform calls a post, to remove it by; null: it was posted before this column was, or the platform does not tell.
ALTER TABLE delivery ADD COLUMN post_id TEXT;

-- Shares that their visitors deleted: their pages say so. Nothing else of them is kept. To an earlier version there never was
-- such a share.
CREATE TABLE deleted_share (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    deleted_at BIGINT NOT NULL
);

-- Posts of deleted shares that are still on a platform, or may be.
CREATE TABLE removal (
    share_id   TEXT COLLATE "C" NOT NULL REFERENCES deleted_share (id) ON DELETE CASCADE,
    target     TEXT COLLATE "C" NOT NULL,
    -- Null: it is not known whether there is a post, or what it is called; it is to be looked for among what was sent since
    -- `sent_at`.
    post_id    TEXT,
    sent_at    BIGINT NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('queued', 'removed', 'failed')),
    reason     TEXT,
    attempts   BIGINT NOT NULL DEFAULT 0,
    -- A removal that is taken is due again when its lease has ended.
    due_at     BIGINT,
    PRIMARY KEY (share_id, target),
    CHECK ((state = 'queued') = (due_at IS NOT NULL))
);

CREATE INDEX removal_queue ON removal (due_at) WHERE state = 'queued';

-- Whether a clipping is still needed.
CREATE INDEX share_by_clipping ON share (clipping_hash);

-- Secrets of this site that its own processes share.
CREATE TABLE secret (
    name  TEXT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);
