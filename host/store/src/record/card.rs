//! Cards: tasks on the board.

use crate::file::Columns;
use jackfield_model::{Card, CardLink, StageState};
use jackfield_sql::Row;
use jackfield_types::{RunState, TaskState};

/// Cards with their tasks, workspaces and active runs.
pub(crate) const CARDS: &str = "
    SELECT cards.*, tasks.workflow, tasks.stage, tasks.state AS task_state, tasks.title, tasks.principal,
           substr(tasks.instruction, 1, 200) AS summary, tasks.created_at, tasks.updated_at,
           workspaces.name AS workspace_name, active.id AS run, active.state AS run_state,
           (SELECT COALESCE(SUM(MIN(cost, 1000000000000000)), 0) FROM attempts JOIN runs ON runs.id = attempts.run
            WHERE runs.task = cards.task) AS cost,
           (SELECT COUNT(*) FROM human_tasks
            WHERE human_tasks.task = cards.task AND human_tasks.state = 'open') AS open_human_tasks
    FROM cards JOIN tasks ON tasks.id = cards.task JOIN workspaces ON workspaces.id = cards.workspace
    LEFT JOIN runs AS active ON active.id = (
        SELECT id FROM runs WHERE runs.task = cards.task AND state NOT IN ('succeeded', 'failed', 'cancelled')
        ORDER BY id DESC LIMIT 1)";

pub(crate) fn card(row: &Row<'_>) -> jackfield_sql::Result<Card> {
    let (task, run): (TaskState, Option<RunState>) = (row.word("task_state")?, row.word_opt("run_state")?);
    let (waits, due) = (row.word_opt("waits")?, row.get("due")?);
    Ok(Card {
        id: row.parsed("task")?,
        workspace: row.parsed("workspace")?,
        workspace_name: row.get("workspace_name")?,
        workflow: row.parsed("workflow")?,
        stage: row.parsed("stage")?,
        state: StageState::of(task, run, waits, due),
        title: row.get("title")?,
        summary: row.get("summary")?,
        labels: row.json("labels")?,
        priority: row.get("priority")?,
        assignee: row.get("assignee")?,
        author: row.get("principal")?,
        slug: row.get("slug")?,
        parent: row.parsed_opt("parent")?,
        ticket: row.get("ticket")?,
        version: row.count("version")?,
        entry: row.count("entry")?,
        entered_at: row.parsed("entered_at")?,
        waits,
        note: row.get("note")?,
        gates: row.json("gates")?,
        run: row.parsed_opt("run")?,
        cost: row.micros("cost")?,
        open_human_tasks: row.get("open_human_tasks")?,
        created_at: row.parsed("created_at")?,
        updated_at: row.parsed("updated_at")?,
        started: row.get("started")?,
        due,
    })
}

/// A link to a card: columns of [`CARDS`].
pub(crate) fn card_link(row: &Row<'_>) -> jackfield_sql::Result<CardLink> {
    let card = card(row)?;
    Ok(CardLink { id: card.id, ticket: card.ticket, title: card.title, stage: card.stage, state: card.state })
}
