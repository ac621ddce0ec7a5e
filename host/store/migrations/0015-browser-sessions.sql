-- Logins of browsers. Of every secret only its sha256 is kept. Times are written as in the first migration.

-- A ticket opens one session, once.
CREATE TABLE login_tickets (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    -- The principal of the session, with its scopes and its visibility, as of an access token.
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    sees TEXT NOT NULL CHECK (sees IN ('own', 'all')),
    -- `token:ID` or `owner:FINGERPRINT`: the session ends with this credential.
    credential TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE browser_sessions (
    id TEXT PRIMARY KEY,
    -- Of the cookie, and of the key that only pages of this origin can read.
    cookie_hash BLOB NOT NULL CHECK (length(cookie_hash) = 32),
    key_hash BLOB NOT NULL CHECK (length(key_hash) = 32),
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    sees TEXT NOT NULL CHECK (sees IN ('own', 'all')),
    credential TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    -- To the minute.
    used_at TEXT NOT NULL,
    ended_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX browser_sessions_open ON browser_sessions (id) WHERE ended_at IS NULL;
