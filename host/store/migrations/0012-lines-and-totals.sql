-- The queue is read by lines: the queued runs of one affinity, workspace, list of executors and priority that have or
-- have not been started before. Within a line the oldest is first, so a claim reads one row of each line.
ALTER TABLE runs ADD COLUMN resumed INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET resumed = 1 WHERE started_at IS NOT NULL;
DROP INDEX runs_waiting;
-- The state comes first so that the planner prefers these two to the index of all runs by state.
CREATE INDEX runs_in_line ON runs (state, affinity, workspace, wants, priority, resumed, queued_ms, id)
    WHERE state = 'queued' AND not_before_ms = 0;
-- Queued runs that a provider's rest keeps out of their line until then.
CREATE INDEX runs_resting ON runs (state, not_before_ms, queued_ms, id, affinity)
    WHERE state = 'queued' AND not_before_ms > 0;

-- Numbers of records, changed in the transactions that change the records, so that nothing counts a table.
CREATE TABLE totals (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO totals (name, value)
    SELECT 'workspaces', COUNT(*) FROM workspaces
    UNION ALL SELECT 'tasks', COUNT(*) FROM tasks
    UNION ALL SELECT 'attempts', COUNT(*) FROM attempts
    UNION ALL SELECT 'attempts_in_flight', COUNT(*) FROM attempts WHERE state <> 'settled'
    UNION ALL SELECT 'runs_' || state, COUNT(*) FROM runs GROUP BY state;

-- Attempts by the hour of their admission: how much of the recent work each executor and model had. No model is ''.
CREATE TABLE attempt_hours (
    hour TEXT NOT NULL,
    executor TEXT NOT NULL,
    model TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (hour, executor, model)
) STRICT, WITHOUT ROWID;
INSERT INTO attempt_hours (hour, executor, model, attempts)
    SELECT substr(created_at, 1, 13), executor, COALESCE(model, ''), COUNT(*) FROM attempts GROUP BY 1, 2, 3;

-- The principal of the run's task: lists of runs are made for principals.
ALTER TABLE runs ADD COLUMN owner TEXT NOT NULL DEFAULT '';
UPDATE runs SET owner = (SELECT principal FROM tasks WHERE tasks.id = runs.task);
-- Lists are read state by state, newest first.
CREATE INDEX runs_of_owner ON runs (owner, state, id);
DROP INDEX runs_of_workspace;
CREATE INDEX runs_of_workspace ON runs (workspace, state, id);
DROP INDEX tasks_of_workspace;
CREATE INDEX tasks_of_workspace ON tasks (workspace, state, id);
DROP INDEX tasks_principal;
CREATE INDEX tasks_of_principal ON tasks (principal, state, id);
CREATE INDEX tasks_in_state ON tasks (state, id);
