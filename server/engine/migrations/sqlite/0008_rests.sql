-- Accounts that asked for a pause and servers that fail: they are left alone until then, by every process and after every start.
CREATE TABLE rest (
    kind     TEXT    NOT NULL CHECK (kind IN ('account', 'server')),
    name     TEXT    NOT NULL,
    until_at INTEGER NOT NULL,
    -- How often in a row a server failed.
    failures INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
