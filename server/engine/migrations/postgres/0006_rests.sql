-- Accounts that asked for a pause and servers that fail: they are left alone until then, by every process and after every start.
CREATE TABLE rest (
    kind     TEXT   COLLATE "C" NOT NULL CHECK (kind IN ('account', 'server')),
    name     TEXT   COLLATE "C" NOT NULL,
    until_at BIGINT NOT NULL,
    -- How often in a row a server failed.
    failures BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);
