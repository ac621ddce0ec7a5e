-- JSON that no statement looks into is packed: the first byte says how the rest is stored, 0 is the text as it is.
CREATE TABLE packed_calls (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    task TEXT REFERENCES tasks (id),
    run TEXT REFERENCES runs (id),
    attempt TEXT REFERENCES attempts (id),
    plugin TEXT NOT NULL REFERENCES plugins (digest),
    function TEXT NOT NULL,
    facts BLOB NOT NULL,
    answer BLOB NOT NULL,
    micros INTEGER NOT NULL,
    -- As a decimal: it is unsigned and may not fit an integer column.
    seed TEXT,
    error TEXT,
    -- What the component logged while it decided, as a JSON list.
    notes TEXT NOT NULL DEFAULT '[]'
) STRICT;
INSERT INTO packed_calls (id, at, task, run, attempt, plugin, function, facts, answer, micros, seed, error, notes)
    SELECT id, at, task, run, attempt, plugin, function, CAST(char(0) || facts AS BLOB), CAST(char(0) || answer AS BLOB),
           micros, seed, error, notes
    FROM plugin_calls;
DROP TABLE plugin_calls;
ALTER TABLE packed_calls RENAME TO plugin_calls;
CREATE INDEX plugin_calls_of_task ON plugin_calls (task, id);

ALTER TABLE attempts ADD COLUMN packed_identity BLOB;
ALTER TABLE attempts ADD COLUMN packed_worktree BLOB;
UPDATE attempts SET packed_identity = CAST(char(0) || identity AS BLOB), packed_worktree = CAST(char(0) || worktree AS BLOB)
    WHERE identity IS NOT NULL OR worktree IS NOT NULL;
ALTER TABLE attempts DROP COLUMN identity;
ALTER TABLE attempts DROP COLUMN worktree;
ALTER TABLE attempts RENAME COLUMN packed_identity TO identity;
ALTER TABLE attempts RENAME COLUMN packed_worktree TO worktree;

-- No statement reads attempts by the time of their admission any more.
DROP INDEX attempts_by_time;

-- Without the second tree that a table with a row number has for its key.
CREATE TABLE keyed_transcripts (
    attempt TEXT PRIMARY KEY REFERENCES attempts (id),
    run TEXT NOT NULL REFERENCES runs (id),
    path TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO keyed_transcripts (attempt, run, path, bytes, created_at)
    SELECT attempt, run, path, bytes, created_at FROM transcripts;
DROP TABLE transcripts;
ALTER TABLE keyed_transcripts RENAME TO transcripts;
