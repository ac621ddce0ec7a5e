-- A human task that is handed in twice under one key of its author is one.

ALTER TABLE human_tasks ADD COLUMN idempotency_key TEXT;
ALTER TABLE human_tasks ADD COLUMN idempotency_digest TEXT;
CREATE UNIQUE INDEX human_tasks_by_key ON human_tasks (created_by, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- What failed of late, looked at before every choice of an agent.
CREATE INDEX runs_that_failed ON runs (workspace, ended_at) WHERE state = 'failed';

-- Each webhook has a carrier of its own, which looks for what is due several times a second.
DROP INDEX webhook_messages_due;
CREATE INDEX webhook_messages_due ON webhook_messages (webhook, next_ms) WHERE dead = 0;
