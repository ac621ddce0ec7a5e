-- The names of these tables and columns are a contract: backups, reports and later versions read them.
-- Ids are ULIDs, times are RFC 3339 in UTC with six digits after the point (so that they sort as text),
-- money is in whole micro-dollars, words are those of the documentation.

CREATE TABLE workspaces (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('git', 'folder')),
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    workspace TEXT NOT NULL REFERENCES workspaces (id),
    principal TEXT NOT NULL,
    title TEXT NOT NULL,
    instruction TEXT NOT NULL,
    task_type TEXT NOT NULL,
    complexity INTEGER NOT NULL CHECK (complexity BETWEEN 1 AND 10),
    language TEXT,
    stack TEXT NOT NULL,
    role TEXT NOT NULL,
    expect_change INTEGER NOT NULL,
    idempotency_key TEXT,
    idempotency_digest TEXT,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX tasks_of_workspace ON tasks (workspace, id);
CREATE UNIQUE INDEX tasks_idempotency ON tasks (principal, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    task TEXT NOT NULL REFERENCES tasks (id),
    workspace TEXT NOT NULL REFERENCES workspaces (id),
    workflow TEXT NOT NULL,
    stage TEXT NOT NULL,
    priority INTEGER NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    last_seq INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    started_at TEXT,
    ended_at TEXT
) STRICT;
CREATE INDEX runs_of_task ON runs (task, id);
CREATE INDEX runs_of_workspace ON runs (workspace, id);
CREATE INDEX runs_in_state ON runs (state, id);

CREATE TABLE plugins (
    digest TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    details TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    first_served_at TEXT,
    changed_at TEXT NOT NULL
) STRICT;

CREATE TABLE attempts (
    id TEXT PRIMARY KEY,
    task TEXT NOT NULL REFERENCES tasks (id),
    run TEXT NOT NULL REFERENCES runs (id),
    workspace TEXT NOT NULL REFERENCES workspaces (id),
    number INTEGER NOT NULL,
    executor TEXT NOT NULL,
    model TEXT,
    effort TEXT,
    adapter TEXT NOT NULL REFERENCES plugins (digest),
    chosen_by TEXT REFERENCES plugins (digest),
    reason TEXT NOT NULL,
    account TEXT NOT NULL CHECK (account IN ('billed', 'equivalent')),
    host TEXT NOT NULL,
    state TEXT NOT NULL,
    -- What was held at admission; `reserved` is what of it, and of extensions, is held now.
    reserve INTEGER NOT NULL CHECK (reserve >= 0),
    reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    cost INTEGER NOT NULL DEFAULT 0 CHECK (cost >= 0),
    cost_source TEXT,
    price_as_of TEXT,
    identity TEXT,
    worktree TEXT,
    branch TEXT,
    base TEXT,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    cached_input_tokens INTEGER NOT NULL DEFAULT 0,
    cache_write_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    reasoning_tokens INTEGER NOT NULL DEFAULT 0,
    agent_cost INTEGER,
    usage_estimated INTEGER NOT NULL DEFAULT 0,
    process TEXT,
    delivered TEXT,
    verified TEXT,
    failure_class TEXT,
    outcome TEXT,
    settled TEXT,
    exit_code INTEGER,
    signal INTEGER,
    latency_ms INTEGER,
    answer TEXT,
    session TEXT,
    created_at TEXT NOT NULL,
    started_at TEXT,
    settled_at TEXT,
    UNIQUE (run, number)
) STRICT;
CREATE INDEX attempts_in_flight ON attempts (id) WHERE state <> 'settled';
CREATE INDEX attempts_by_time ON attempts (created_at);

CREATE TABLE run_events (
    run TEXT NOT NULL REFERENCES runs (id),
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    attempt TEXT REFERENCES attempts (id),
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifacts (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL REFERENCES runs (id),
    attempt TEXT NOT NULL REFERENCES attempts (id),
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    target TEXT NOT NULL,
    bytes INTEGER,
    meta TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX artifacts_of_run ON artifacts (run, id);

CREATE TABLE transcripts (
    attempt TEXT PRIMARY KEY REFERENCES attempts (id),
    run TEXT NOT NULL REFERENCES runs (id),
    path TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE ledger (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    day TEXT NOT NULL,
    month TEXT NOT NULL,
    workspace TEXT NOT NULL REFERENCES workspaces (id),
    task TEXT NOT NULL REFERENCES tasks (id),
    run TEXT NOT NULL REFERENCES runs (id),
    attempt TEXT NOT NULL REFERENCES attempts (id),
    executor TEXT NOT NULL,
    model TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('reserve', 'extend', 'charge', 'correct', 'release')),
    reserved_delta INTEGER NOT NULL,
    spent_delta INTEGER NOT NULL,
    account TEXT NOT NULL CHECK (account IN ('billed', 'equivalent')),
    source TEXT,
    price_as_of TEXT,
    note TEXT
) STRICT;
CREATE INDEX ledger_of_attempt ON ledger (attempt, id);
CREATE INDEX ledger_of_run ON ledger (run, id);
CREATE INDEX ledger_of_task ON ledger (task, id);
CREATE INDEX ledger_of_day ON ledger (day, id);
CREATE TRIGGER ledger_is_never_changed BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_is_never_cut BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- Sums of the ledger, kept by the transactions that write it. What is held is a gauge, on the row
-- of the period 'ever' only, because it counts whatever day it was made.
CREATE TABLE breaker (
    scope TEXT NOT NULL,
    period TEXT NOT NULL,
    spent_billed INTEGER NOT NULL DEFAULT 0,
    spent_equivalent INTEGER NOT NULL DEFAULT 0,
    reserved_billed INTEGER NOT NULL DEFAULT 0 CHECK (reserved_billed >= 0),
    reserved_equivalent INTEGER NOT NULL DEFAULT 0 CHECK (reserved_equivalent >= 0),
    -- What an operator allowed on top of the limits of this scope and period.
    allowance INTEGER NOT NULL DEFAULT 0,
    -- The least that was refused and would still not fit.
    refused INTEGER,
    -- The last state that was told on the event log; on the row of the period 'ever'.
    state TEXT NOT NULL DEFAULT 'closed',
    PRIMARY KEY (scope, period)
) STRICT, WITHOUT ROWID;

CREATE TABLE model_stats (
    executor TEXT NOT NULL,
    model TEXT NOT NULL,
    task_type TEXT NOT NULL,
    language TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    verified INTEGER NOT NULL,
    quality_failed INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    latency_ms INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    cached_input_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    last_at TEXT NOT NULL,
    PRIMARY KEY (executor, model, task_type, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin_calls (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    task TEXT REFERENCES tasks (id),
    run TEXT REFERENCES runs (id),
    attempt TEXT REFERENCES attempts (id),
    plugin TEXT NOT NULL REFERENCES plugins (digest),
    function TEXT NOT NULL,
    facts TEXT NOT NULL,
    answer TEXT NOT NULL,
    micros INTEGER NOT NULL,
    -- As a decimal: it is unsigned and may not fit an integer column.
    seed TEXT,
    error TEXT
) STRICT;
CREATE INDEX plugin_calls_of_task ON plugin_calls (task, id);

CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_breaker ON events (seq) WHERE kind GLOB 'breaker_*';
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_are_never_cut BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
