-- Cards: tasks that a board moves through the stages of a workflow. The state of a card in its stage follows from the
-- task, its active run, and these columns.
CREATE TABLE cards (
    task TEXT PRIMARY KEY REFERENCES tasks (id),
    workspace TEXT NOT NULL,
    -- Part of the card's branch and of its output folder.
    slug TEXT NOT NULL,
    -- The card whose work was cut into this one and others, and the key of this one among them.
    parent TEXT,
    ticket TEXT,
    labels TEXT NOT NULL,
    priority INTEGER NOT NULL,
    assignee TEXT,
    -- Counts every change.
    version INTEGER NOT NULL,
    -- Counts the entries into a stage.
    entry INTEGER NOT NULL,
    entered_at TEXT NOT NULL,
    -- A person started this stage, so its level of automation holds nothing back.
    started INTEGER NOT NULL,
    -- The board has to decide what follows.
    due INTEGER NOT NULL,
    waits TEXT,
    note TEXT NOT NULL,
    -- JSON: the gates of the stage, as the board saw them last.
    gates TEXT NOT NULL,
    UNIQUE (workspace, slug)
) STRICT, WITHOUT ROWID;
CREATE INDEX cards_due ON cards (task) WHERE due = 1;
CREATE UNIQUE INDEX cards_of_parent ON cards (parent, ticket) WHERE parent IS NOT NULL;

-- A card begins a stage when those that it depends on have passed this stage. The rows have no cycle.
CREATE TABLE card_dependencies (
    task TEXT NOT NULL REFERENCES cards (task) ON DELETE CASCADE,
    depends_on TEXT NOT NULL REFERENCES cards (task) ON DELETE CASCADE,
    PRIMARY KEY (task, depends_on)
) STRICT, WITHOUT ROWID;
CREATE INDEX card_dependents ON card_dependencies (depends_on);

-- A card is shown with what waits for a person because of it.
CREATE INDEX human_tasks_of_task ON human_tasks (task, state) WHERE task IS NOT NULL;

-- The runs of the steps of a recipe.
CREATE TABLE card_steps (
    task TEXT NOT NULL REFERENCES cards (task) ON DELETE CASCADE,
    run TEXT NOT NULL,
    stage TEXT NOT NULL,
    entry INTEGER NOT NULL,
    step INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    skill TEXT NOT NULL,
    digest TEXT NOT NULL,
    -- The name of the persona whose ballot it is.
    persona TEXT,
    -- JSON; NULL until the board has seen the end.
    ended TEXT,
    outputs TEXT NOT NULL,
    PRIMARY KEY (task, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE card_transitions (
    task TEXT NOT NULL,
    number INTEGER NOT NULL,
    at TEXT NOT NULL,
    from_stage TEXT,
    to_stage TEXT,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    run TEXT,
    PRIMARY KEY (task, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE card_metrics (
    task TEXT NOT NULL REFERENCES cards (task) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (task, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE stage_recipes (
    workspace TEXT NOT NULL,
    workflow TEXT NOT NULL,
    stage TEXT NOT NULL,
    version INTEGER NOT NULL,
    recipe TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    PRIMARY KEY (workspace, workflow, stage)
) STRICT, WITHOUT ROWID;

CREATE TABLE board_settings (
    workspace TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    settings TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Skills that were read from folders or imported, with all their files: a run uses what is on record, not a folder.
CREATE TABLE skills (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    digest TEXT NOT NULL,
    trust TEXT NOT NULL,
    vetted_by TEXT,
    vetted_at TEXT,
    -- JSON: [{"path", "content" (base64), "executable"}].
    files TEXT NOT NULL,
    -- Where it was read from.
    origin TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
