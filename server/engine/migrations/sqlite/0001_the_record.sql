-- The record: what was shared, where it goes, and what became of each attempt.
-- Times are whole milliseconds since 1970 in UTC. STRICT, so that a column holds what it says.

CREATE TABLE share (
    id                  TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    created_at          INTEGER NOT NULL,
    image_url           TEXT    NOT NULL,
    page_url            TEXT,
    page_title          TEXT,
    source_width        INTEGER NOT NULL CHECK (source_width > 0),
    source_height       INTEGER NOT NULL CHECK (source_height > 0),
    -- The region in fractions of the source, 0..=1.
    region_x            REAL    NOT NULL,
    region_y            REAL    NOT NULL,
    region_w            REAL    NOT NULL,
    region_h            REAL    NOT NULL,
    description         TEXT    NOT NULL,
    alt                 TEXT    NOT NULL,
    credit_author       TEXT    NOT NULL,
    credit_licence      TEXT    NOT NULL,
    credit_link         TEXT    NOT NULL,
    clipping_hash       TEXT    NOT NULL CHECK (length(clipping_hash) = 64),
    clipping_extension  TEXT    NOT NULL,
    clipping_media_type TEXT    NOT NULL,
    clipping_width      INTEGER NOT NULL CHECK (clipping_width > 0),
    clipping_height     INTEGER NOT NULL CHECK (clipping_height > 0),
    clipping_bytes      INTEGER NOT NULL CHECK (clipping_bytes >= 0)
) STRICT;

-- The board reads newest first and pages by this pair.
CREATE INDEX share_by_time ON share (created_at, id);

CREATE TABLE delivery (
    share_id   TEXT    NOT NULL REFERENCES share (id) ON DELETE CASCADE,
    target     TEXT    NOT NULL,
    -- Place among the share's targets, in the order asked for.
    place      INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('queued', 'sending', 'posted', 'failed', 'unknown')),
    url        TEXT,
    reason     TEXT,
    -- Attempts since it was accepted, or since the visitor last asked for another try.
    attempts   INTEGER NOT NULL DEFAULT 0,
    due_at     INTEGER,
    -- The attempt that is being made, or was made last: what a worker must hold to write the outcome.
    attempt_id INTEGER,
    PRIMARY KEY (share_id, target),
    CHECK ((state = 'queued') = (due_at IS NOT NULL)),
    CHECK (state <> 'sending' OR attempt_id IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- Partial: however many shares there are, the queue's index holds only what waits.
CREATE INDEX delivery_queue ON delivery (target, due_at) WHERE state = 'queued';
CREATE INDEX delivery_in_flight ON delivery (share_id) WHERE state = 'sending';

CREATE TABLE attempt (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    share_id   TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    outcome    TEXT    CHECK (outcome IN ('posted', 'retry', 'failed', 'unknown')),
    reason     TEXT,
    FOREIGN KEY (share_id, target) REFERENCES delivery (share_id, target) ON DELETE CASCADE,
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
) STRICT;

CREATE INDEX attempt_by_delivery ON attempt (share_id, target);
CREATE INDEX attempt_open ON attempt (id) WHERE ended_at IS NULL;

-- What a repeated request is answered with; rows older than 24 hours are removed as new ones come.
CREATE TABLE idempotency (
    key          TEXT    NOT NULL PRIMARY KEY,
    request_hash TEXT    NOT NULL,
    share_id     TEXT    NOT NULL REFERENCES share (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_time ON idempotency (created_at);
CREATE INDEX idempotency_by_share ON idempotency (share_id);
