-- The record: what was shared, where it goes, and what became of each attempt; the same tables as in SQLite.
-- Times are whole milliseconds since 1970 in UTC. Texts that are compared or ordered have the collation "C": by their
-- bytes, as in SQLite, whatever language the database has.

CREATE TABLE share (
    id                  TEXT   COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    created_at          BIGINT NOT NULL,
    image_url           TEXT   NOT NULL,
    page_url            TEXT,
    page_title          TEXT,
    -- What the site of the page calls itself; null: it does not say.
    site_name           TEXT,
    source_width        BIGINT NOT NULL CHECK (source_width > 0),
    source_height       BIGINT NOT NULL CHECK (source_height > 0),
    -- The region in fractions of the source, 0..=1.
    region_x            DOUBLE PRECISION NOT NULL,
    region_y            DOUBLE PRECISION NOT NULL,
    region_w            DOUBLE PRECISION NOT NULL,
    region_h            DOUBLE PRECISION NOT NULL,
    description         TEXT   NOT NULL,
    alt                 TEXT   NOT NULL,
    credit_author       TEXT   NOT NULL,
    credit_licence      TEXT   NOT NULL,
    credit_link         TEXT   NOT NULL,
    clipping_hash       TEXT   COLLATE "C" NOT NULL CHECK (length(clipping_hash) = 64),
    clipping_extension  TEXT   NOT NULL,
    clipping_media_type TEXT   NOT NULL,
    clipping_width      BIGINT NOT NULL CHECK (clipping_width > 0),
    clipping_height     BIGINT NOT NULL CHECK (clipping_height > 0),
    clipping_bytes      BIGINT NOT NULL CHECK (clipping_bytes >= 0)
);

-- The board reads newest first and pages by this pair.
CREATE INDEX share_by_time ON share (created_at, id);

CREATE TABLE delivery (
    share_id   TEXT   COLLATE "C" NOT NULL REFERENCES share (id) ON DELETE CASCADE,
    target     TEXT   COLLATE "C" NOT NULL,
    -- Place among the share's targets, in the order asked for.
    place      BIGINT NOT NULL,
    state      TEXT   COLLATE "C" NOT NULL CHECK (state IN ('queued', 'sending', 'posted', 'failed', 'unknown')),
    url        TEXT,
    reason     TEXT,
    -- Attempts since it was accepted, or since the visitor last asked for another try.
    attempts   BIGINT NOT NULL DEFAULT 0,
    due_at     BIGINT,
    -- When the visitor last asked for the delivery again; null: not since the share was accepted.
    asked_at   BIGINT,
    -- The attempt that is being made, or was made last: what a worker must hold to write the outcome.
    attempt_id BIGINT,
    -- How far it is: what the platform calls the picture that it has already, and since when the post itself may be there
    -- (null: it was not sent, or is known not to have been made).
    upload       TEXT,
    published_at BIGINT,
    -- Until when the process that holds it has it, unless it asks for more time.
    leased_until BIGINT,
    PRIMARY KEY (share_id, target),
    CHECK ((state = 'queued') = (due_at IS NOT NULL)),
    CHECK (state <> 'sending' OR attempt_id IS NOT NULL)
);

-- Partial: however many shares there are, the queue's index holds only what waits. With share_id, so that the order in
-- which deliveries are claimed is read off the index.
CREATE INDEX delivery_queue ON delivery (target, due_at, share_id) WHERE state = 'queued';
CREATE INDEX delivery_lease ON delivery (leased_until) WHERE state = 'sending';

CREATE TABLE attempt (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    share_id   TEXT   COLLATE "C" NOT NULL,
    target     TEXT   COLLATE "C" NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT,
    outcome    TEXT   CHECK (outcome IN ('posted', 'retry', 'failed', 'unknown')),
    reason     TEXT,
    FOREIGN KEY (share_id, target) REFERENCES delivery (share_id, target) ON DELETE CASCADE,
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);

CREATE INDEX attempt_by_delivery ON attempt (share_id, target);

-- What a repeated request is answered with; rows older than 24 hours are removed as new ones come.
CREATE TABLE idempotency (
    key          TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    request_hash TEXT   COLLATE "C" NOT NULL,
    share_id     TEXT   COLLATE "C" NOT NULL REFERENCES share (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL
);

CREATE INDEX idempotency_by_time ON idempotency (created_at);
CREATE INDEX idempotency_by_share ON idempotency (share_id);
