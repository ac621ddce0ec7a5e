-- A human task that is handed in twice under one key of its author is one.

ALTER TABLE human_tasks ADD COLUMN idempotency_key TEXT;
ALTER TABLE human_tasks ADD COLUMN idempotency_digest TEXT;
CREATE UNIQUE INDEX human_tasks_by_key ON human_tasks (created_by, idempotency_key) WHERE idempotency_key IS NOT NULL;
