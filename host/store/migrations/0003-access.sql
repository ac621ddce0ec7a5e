-- Who may come in from outside, and with what. Times are written as in the first migration.

-- A token is `jf_ID_SECRET`; of the secret only its sha256 is kept. Its name is the principal of what it hands in,
-- so that a new token of an old name sees what the old one made.
CREATE TABLE access_tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    -- read, execute, work, admin: a list with commas.
    scopes TEXT NOT NULL,
    sees TEXT NOT NULL CHECK (sees IN ('own', 'all')),
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    -- None: it does not expire.
    expires_at TEXT,
    revoked_at TEXT,
    -- To the minute.
    used_at TEXT
) STRICT;
CREATE UNIQUE INDEX access_tokens_name ON access_tokens (name) WHERE revoked_at IS NULL;

CREATE INDEX tasks_principal ON tasks (principal, id);
