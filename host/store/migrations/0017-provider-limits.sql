-- What the provider of an executor last reported about each of its limits.
CREATE TABLE provider_limits (
    executor TEXT NOT NULL,
    name TEXT NOT NULL,
    rejected INTEGER NOT NULL,
    -- Milliseconds since the Unix epoch; NULL where the provider does not say.
    resets_ms INTEGER,
    reported_at TEXT NOT NULL,
    PRIMARY KEY (executor, name)
) STRICT, WITHOUT ROWID;
