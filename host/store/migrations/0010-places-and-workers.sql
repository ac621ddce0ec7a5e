-- Where a run was admitted to work: its folder and repository as they were checked, links followed. Whoever takes it
-- up holds what is there by then against it. None: recorded before this was kept.
ALTER TABLE runs ADD COLUMN place TEXT;

-- The principal that registered a worker elsewhere: nobody else speaks for it. None: this host's own workers, and those
-- that registered before this was kept, which belong to the first that registers them again.
ALTER TABLE workers ADD COLUMN principal TEXT;

-- Another try of a run that has ended, and the key under which it was asked for.
ALTER TABLE runs ADD COLUMN retry_of TEXT REFERENCES runs (id);
ALTER TABLE runs ADD COLUMN retry_key TEXT;
