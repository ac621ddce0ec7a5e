-- Where a task is: its workflow, and the stage of it. Tasks of before were all direct.
ALTER TABLE tasks ADD COLUMN workflow TEXT NOT NULL DEFAULT 'direct';
ALTER TABLE tasks ADD COLUMN stage TEXT NOT NULL DEFAULT 'impl';

-- What the end of a run means for its task, as the definition of the workflow said when the run was admitted. Runs of
-- before end their task with them.
ALTER TABLE runs ADD COLUMN on_end TEXT NOT NULL DEFAULT '{"success":"done","failure":"end"}';
