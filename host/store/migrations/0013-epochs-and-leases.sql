-- How often the run was claimed or taken over. Whoever writes about a running run names the epoch of its own claim, and
-- a write of an earlier one is refused: a host that was stopped and wakes changes nothing.
ALTER TABLE runs ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;

-- The machine of a local worker: only there does its process id mean anything. '': recorded before this was kept, on
-- the machine of the file.
ALTER TABLE workers ADD COLUMN machine TEXT NOT NULL DEFAULT '';
-- Until when the worker has its runs without another heartbeat, milliseconds since the Unix epoch, by the clock of the
-- store.
ALTER TABLE workers ADD COLUMN lease_until_ms INTEGER NOT NULL DEFAULT 0;
UPDATE workers SET lease_until_ms = CAST(strftime('%s', heartbeat_at) AS INTEGER) * 1000 + 300000;
DROP INDEX workers_at_work;
CREATE INDEX workers_by_lease ON workers (lease_until_ms) WHERE ended_at IS NULL;
