-- Who is told of what happens. A message is written in the transaction that writes the event, by the triggers below,
-- so that none is lost whenever the host is killed.

CREATE TABLE webhooks (
    name TEXT PRIMARY KEY,
    -- JSON: patterns of the kinds of events that it is told of, like 'run_*'.
    events TEXT NOT NULL,
    since TEXT NOT NULL,
    delivered INTEGER NOT NULL DEFAULT 0,
    delivered_at TEXT,
    -- Why the last delivery failed; none: it did not.
    error TEXT
) STRICT;

CREATE TABLE webhook_messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    webhook TEXT NOT NULL REFERENCES webhooks (name),
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- A run's id, or what the host's event is about.
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    -- Not before then, milliseconds since the Unix epoch.
    next_ms INTEGER NOT NULL DEFAULT 0,
    -- It was given up.
    dead INTEGER NOT NULL DEFAULT 0,
    error TEXT
) STRICT;
CREATE INDEX webhook_messages_due ON webhook_messages (next_ms, seq) WHERE dead = 0;
CREATE INDEX webhook_messages_of ON webhook_messages (webhook, dead);

CREATE TRIGGER run_events_are_told AFTER INSERT ON run_events WHEN NEW.kind GLOB 'run_*'
BEGIN
    INSERT INTO webhook_messages (id, webhook, at, kind, subject, payload)
    SELECT 'msg_' || lower(hex(randomblob(16))), name, NEW.at, NEW.kind, NEW.run, NEW.payload FROM webhooks
    WHERE EXISTS (SELECT 1 FROM json_each(events) WHERE NEW.kind GLOB json_each.value);
END;

-- That a message was given up is told to others only: else it would be told for ever.
CREATE TRIGGER events_are_told AFTER INSERT ON events
BEGIN
    INSERT INTO webhook_messages (id, webhook, at, kind, subject, payload)
    SELECT 'msg_' || lower(hex(randomblob(16))), name, NEW.at, NEW.kind, NEW.subject, NEW.payload FROM webhooks
    WHERE EXISTS (SELECT 1 FROM json_each(events) WHERE NEW.kind GLOB json_each.value)
        AND NOT (NEW.kind = 'webhook_dead' AND NEW.subject = name);
END;
