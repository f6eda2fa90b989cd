-- How often in a row an attempt at the delivery was broken off because its process ended. An earlier version leaves it as it is.
ALTER TABLE delivery ADD COLUMN broken_off INTEGER NOT NULL DEFAULT 0;
-- What may be what ended those processes.
CREATE INDEX delivery_suspect ON delivery (target, due_at) WHERE state = 'queued' AND broken_off >= 2;

-- How many are under way to a target, in all processes.
CREATE INDEX delivery_under_way ON delivery (target, leased_until) WHERE state = 'sending';

-- Keys of the requests that made shares which are deleted, for as long as keys are kept: sent again, such a request makes no other
-- share. To an earlier version there is none, and it makes one.
CREATE TABLE deleted_key (
    key          TEXT    NOT NULL PRIMARY KEY,
    request_hash TEXT    NOT NULL,
    share_id     TEXT    NOT NULL REFERENCES deleted_share (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX deleted_key_by_time ON deleted_key (created_at);
CREATE INDEX deleted_key_by_share ON deleted_key (share_id);
