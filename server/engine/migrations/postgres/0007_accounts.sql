-- Visitors' own accounts on platforms. A visitor is one browser, known by a cookie of which only the hash is kept; what opens an
-- account is sealed (`sealed`), under the key that `key_id` names and bound to its row. To an earlier version none of this exists.
CREATE TABLE visitor (
    id         TEXT   NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    -- Forgotten then, unless it comes back before.
    expires_at BIGINT NOT NULL
);

CREATE INDEX visitor_by_end ON visitor (expires_at);

CREATE TABLE session (
    -- SHA-256 of the cookie.
    hash       TEXT   NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE
);

CREATE INDEX session_by_visitor ON session (visitor_id);

-- Sign-ins at platforms that have begun; each is taken once.
CREATE TABLE sign_in (
    -- SHA-256 of the `state` that goes to the platform and back.
    hash         TEXT   NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    -- Only in this session can it end.
    session_hash TEXT   NOT NULL REFERENCES session (hash) ON DELETE CASCADE,
    connection   TEXT   NOT NULL,
    key_id       TEXT   NOT NULL,
    sealed       BYTEA  NOT NULL,
    expires_at   BIGINT NOT NULL
);

CREATE INDEX sign_in_by_session ON sign_in (session_hash);
CREATE INDEX sign_in_by_end ON sign_in (expires_at);

-- What this site is called at a server that has no list of sites beforehand.
CREATE TABLE registration (
    platform     TEXT   NOT NULL,
    server       TEXT   NOT NULL,
    redirect_uri TEXT   NOT NULL,
    client_id    TEXT   NOT NULL,
    key_id       TEXT   NOT NULL,
    sealed       BYTEA  NOT NULL,
    PRIMARY KEY (platform, server, redirect_uri)
);

CREATE TABLE account (
    id               TEXT   NOT NULL PRIMARY KEY,
    visitor_id       TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
    platform         TEXT   NOT NULL,
    server           TEXT   NOT NULL,
    -- What the server itself calls it, which stays when it is renamed.
    remote_id        TEXT   NOT NULL,
    name             TEXT   NOT NULL,
    state            TEXT   NOT NULL CHECK (state IN ('connected', 'refused')),
    connected_at     BIGINT NOT NULL,
    key_id           TEXT   NOT NULL,
    sealed           BYTEA  NOT NULL,
    -- Until when one process fetches a new token for it.
    refreshing_until BIGINT,
    UNIQUE (visitor_id, platform, server, remote_id)
);

-- Which shares went out with visitors' accounts: their targets begin with `PLATFORM:~`.
CREATE INDEX delivery_by_account ON delivery (target) WHERE target LIKE '%:~%';
