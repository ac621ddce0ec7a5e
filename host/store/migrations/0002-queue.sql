-- Runs wait in a queue, are claimed by workers, and go through several attempts; people answer; what was
-- decided and how a task was specified is kept. Times are written as in the first migration.

-- Who carries runs out: this machine's hosts, and `jackfield worker` elsewhere.
CREATE TABLE workers (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('local', 'remote')),
    -- Tells a local worker's process from any other (pid, start, boot); of a remote one, where it is.
    instance TEXT NOT NULL,
    slots INTEGER NOT NULL,
    -- JSON: the executors it has, and the workspaces that it can work in (none: all of them).
    executors TEXT NOT NULL,
    workspaces TEXT,
    started_at TEXT NOT NULL,
    heartbeat_at TEXT NOT NULL,
    -- It said goodbye, or was given up.
    ended_at TEXT
) STRICT;
CREATE INDEX workers_at_work ON workers (heartbeat_at) WHERE ended_at IS NULL;

ALTER TABLE workspaces ADD COLUMN served_at TEXT NOT NULL DEFAULT '';

-- The worker that has the run in hand; none while it waits.
ALTER TABLE runs ADD COLUMN worker TEXT REFERENCES workers (id);
-- Since when it waits, milliseconds since the Unix epoch: what waits long goes first in the end.
ALTER TABLE runs ADD COLUMN queued_ms INTEGER NOT NULL DEFAULT 0;
-- Not before then, milliseconds since the Unix epoch: a provider asked for rest.
ALTER TABLE runs ADD COLUMN not_before_ms INTEGER NOT NULL DEFAULT 0;
-- The only host instance that may claim it while that lives: whoever asked waits for it there.
ALTER TABLE runs ADD COLUMN affinity TEXT;
-- The executors of the attempts that it waits to make, as a JSON list.
ALTER TABLE runs ADD COLUMN wants TEXT NOT NULL DEFAULT '[]';
-- Set where a host elsewhere decides what follows an attempt.
ALTER TABLE runs ADD COLUMN assigned INTEGER NOT NULL DEFAULT 0;
-- Somebody wants it ended, and why.
ALTER TABLE runs ADD COLUMN cancel_reason TEXT;
-- The attempt whose work is the run's, where several were compared.
ALTER TABLE runs ADD COLUMN chosen TEXT;
CREATE INDEX runs_waiting ON runs (workspace, priority, queued_ms, id, not_before_ms, affinity, wants, started_at)
    WHERE state = 'queued';
CREATE INDEX runs_in_hand ON runs (worker) WHERE worker IS NOT NULL;

-- The rung of the ladder that it stands on; none: the executor as it is.
ALTER TABLE attempts ADD COLUMN rung TEXT;
-- Attempts of one round are made side by side.
ALTER TABLE attempts ADD COLUMN round INTEGER NOT NULL DEFAULT 1;
-- What its agent is told of the attempts before it.
ALTER TABLE attempts ADD COLUMN context TEXT;
-- How many of its agent's events are on record: what is heard again after a restart is counted on from here.
ALTER TABLE attempts ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;
-- What tells the process of its check from any other, while one runs.
ALTER TABLE attempts ADD COLUMN checking TEXT;
-- It was taken over while its agent was at work.
ALTER TABLE attempts ADD COLUMN adopted INTEGER NOT NULL DEFAULT 0;
-- What its checks came to, as a JSON list.
ALTER TABLE attempts ADD COLUMN checks TEXT;

-- What the component told the log while it decided, as a JSON list: whom it passed over, and why.
ALTER TABLE plugin_calls ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';

-- Of the attempts whose work could be judged (succeeded, or bad): what was cut short by a login or a rate
-- limit says nothing about what a whole attempt costs and takes.
ALTER TABLE model_stats ADD COLUMN judged_cost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE model_stats ADD COLUMN judged_latency_ms INTEGER NOT NULL DEFAULT 0;
UPDATE model_stats SET judged_cost = cost * (succeeded + quality_failed) / attempts,
                       judged_latency_ms = latency_ms * (succeeded + quality_failed) / attempts
    WHERE attempts > 0;

-- Executors (or rungs of the ladder) that rest because their provider asked for it.
CREATE TABLE cooldowns (
    name TEXT PRIMARY KEY,
    until_ms INTEGER NOT NULL,
    why TEXT NOT NULL,
    since TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What waits for a person: a to-do of its own, or a run that was handed over with its evidence.
CREATE TABLE human_tasks (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('todo', 'handoff')),
    workspace TEXT REFERENCES workspaces (id),
    task TEXT REFERENCES tasks (id),
    run TEXT REFERENCES runs (id),
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    -- JSON: what a person needs to judge by.
    evidence TEXT NOT NULL DEFAULT 'null',
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'cancelled')),
    priority INTEGER NOT NULL DEFAULT 0,
    due_at TEXT,
    created_by TEXT NOT NULL,
    -- JSON: what the person said.
    answer TEXT,
    answered_by TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    closed_at TEXT
) STRICT;
CREATE INDEX human_tasks_in_state ON human_tasks (state, id);
CREATE INDEX human_tasks_of_run ON human_tasks (run) WHERE run IS NOT NULL;

-- What was decided about a task, by a component or a person, and why. Append-only.
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    task TEXT NOT NULL REFERENCES tasks (id),
    run TEXT REFERENCES runs (id),
    attempt TEXT REFERENCES attempts (id),
    -- 'choice', 'retry', 'consensus', 'verdict', 'handoff', 'done', 'stop', 'answer', 'spec', 'close', …
    kind TEXT NOT NULL,
    -- A component's digest, or a principal's name.
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    details TEXT NOT NULL DEFAULT 'null'
) STRICT;
CREATE INDEX decisions_of_task ON decisions (task, id);
CREATE TRIGGER decisions_are_never_changed BEFORE UPDATE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
CREATE TRIGGER decisions_are_never_cut BEFORE DELETE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;

-- Versions of what a task is to be and how far it is, from 1 without a gap.
CREATE TABLE checkpoints (
    task TEXT NOT NULL REFERENCES tasks (id),
    version INTEGER NOT NULL,
    at TEXT NOT NULL,
    principal TEXT NOT NULL,
    -- 'spec', 'write', 'close'
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (task, version)
) STRICT, WITHOUT ROWID;
