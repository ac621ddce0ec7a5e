//! Cards: creation and lists.

use super::dependencies::{depend, links_of};
use super::log::{add_transition, card_of, changed};
use crate::file::{Columns, Exact, Sql, Tx, stamp};
use crate::handles::Cards;
use crate::life::add_task;
use crate::record::{self, CARDS};
use crate::view::{trail, workspaces};
use crate::{Card, CardLinks, NewCard, StoreError};
use jackfield_model::{HostEvent, StageCount, StageState, TaskCreated, Transition};
use jackfield_sql::{Value as SqlValue, params, params_from_iter};
use jackfield_types::{Micros, RunState, StageName, TaskId, WorkflowName, WorkspaceId};
use serde_json::json;

/// Which cards to list: by priority, then in the order in which they entered their stage.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct CardFilter {
    pub workspace: Option<WorkspaceId>,
    pub workflow: Option<WorkflowName>,
    pub stage: Option<StageName>,
    /// Of one principal.
    pub principal: Option<String>,
    /// With this text in the title, in any case of ASCII letters.
    pub text: Option<String>,
    /// At most this many.
    pub limit: u32,
    /// Skip this many.
    pub skip: u64,
}

/// A card with an active run is due again when that ends.
const DUE: &str = "
    SELECT task FROM cards WHERE due = 1 AND NOT EXISTS (
        SELECT 1 FROM runs WHERE runs.task = cards.task AND runs.state NOT IN ('succeeded', 'failed', 'cancelled'))
    ORDER BY task LIMIT ?1";

const COUNTS: &str = "
    SELECT tasks.stage, tasks.state, runs.state AS run_state, waits, due, COUNT(*) AS cards
    FROM cards JOIN tasks ON tasks.id = cards.task
    LEFT JOIN runs ON runs.task = cards.task AND runs.state NOT IN ('succeeded', 'failed', 'cancelled')
    WHERE (?1 IS NULL OR cards.workspace = ?1) AND tasks.workflow = ?2 AND (?3 IS NULL OR tasks.principal = ?3)
    GROUP BY 1, 2, 3, 4, 5";

const COSTS: &str = "
    SELECT tasks.stage, SUM(MIN(attempts.cost, 1000000000000)) AS cost
    FROM cards JOIN tasks ON tasks.id = cards.task JOIN runs ON runs.task = cards.task
    JOIN attempts ON attempts.run = runs.id
    WHERE (?1 IS NULL OR cards.workspace = ?1) AND tasks.workflow = ?2 AND (?3 IS NULL OR tasks.principal = ?3)
    GROUP BY 1";

/// The parameters of [`COUNTS`] and [`COSTS`].
fn scope(workspace: Option<WorkspaceId>, workflow: &WorkflowName, principal: Option<&str>) -> [SqlValue; 3] {
    [
        workspace.map(|id| id.to_string()).into(),
        workflow.to_string().into(),
        principal.map(str::to_owned).into(),
    ]
}

impl Cards<'_> {
    /// Creates a card with its task. The board decides what follows its entry into the first stage.
    pub async fn open(self, new: NewCard) -> Result<Card, StoreError> {
        self.0.write(move |tx| open(tx, &new)).await
    }

    /// Returns a card.
    pub async fn get(self, card: TaskId) -> Result<Card, StoreError> {
        self.0.read(move |conn| card_of(conn, card)).await
    }

    /// Returns cards.
    pub async fn list(self, filter: CardFilter) -> Result<Vec<Card>, StoreError> {
        self.0
            .read(move |conn| {
                let mut sql = format!("{CARDS} WHERE TRUE");
                let mut values: Vec<SqlValue> = Vec::new();
                let given = [
                    ("cards.workspace", filter.workspace.map(|id| id.to_string())),
                    ("tasks.workflow", filter.workflow.as_ref().map(ToString::to_string)),
                    ("tasks.stage", filter.stage.as_ref().map(ToString::to_string)),
                    ("tasks.principal", filter.principal.clone()),
                ];
                for (column, value) in given.into_iter().filter_map(|(column, value)| Some((column, value?)))
                {
                    sql.push_str(&format!(" AND {column} = ?"));
                    values.push(value.into());
                }
                if let Some(text) = &filter.text {
                    sql.push_str(" AND instr(lower(tasks.title), lower(?)) > 0");
                    values.push(text.clone().into());
                }
                sql.push_str(" ORDER BY cards.priority DESC, cards.entered_at, cards.task LIMIT ? OFFSET ?");
                values.extend([filter.limit.into(), crate::file::signed(filter.skip).into()]);
                conn.all(&sql, params_from_iter(values), record::card)
            })
            .await
    }

    /// Counts the cards of a workflow by stage and state.
    pub async fn counts(
        self,
        workspace: Option<WorkspaceId>,
        workflow: &WorkflowName,
        principal: Option<&str>,
    ) -> Result<Vec<StageCount>, StoreError> {
        let given = scope(workspace, workflow, principal);
        self.0
            .read(move |conn| {
                conn.all(COUNTS, given.clone(), |row| {
                    let run: Option<RunState> = row.word_opt("run_state")?;
                    let state =
                        StageState::of(row.word("state")?, run, row.word_opt("waits")?, row.get("due")?);
                    Ok(StageCount { stage: row.parsed("stage")?, state, cards: row.get("cards")? })
                })
            })
            .await
    }

    /// Returns what the cards in each stage of a workflow have cost.
    pub async fn costs(
        self,
        workspace: Option<WorkspaceId>,
        workflow: &WorkflowName,
        principal: Option<&str>,
    ) -> Result<Vec<(StageName, Micros)>, StoreError> {
        let given = scope(workspace, workflow, principal);
        self.0
            .read(move |conn| {
                conn.all(COSTS, given.clone(), |row| Ok((row.parsed("stage")?, row.micros("cost")?)))
            })
            .await
    }

    /// Returns cards about which the board has to decide, oldest first.
    pub async fn due(self, limit: u32) -> Result<Vec<TaskId>, StoreError> {
        self.0.read(move |conn| conn.all(DUE, [limit], |row| row.parsed("task"))).await
    }

    /// Returns the cards that a card has to do with.
    pub async fn links(self, card: TaskId) -> Result<CardLinks, StoreError> {
        self.0.read(move |conn| links_of(conn, card)).await
    }

    /// Returns the moves of a card, oldest first.
    pub async fn transitions(self, card: TaskId) -> Result<Vec<Transition>, StoreError> {
        self.0
            .read(move |conn| {
                card_of(conn, card)?;
                let sql = "SELECT * FROM card_transitions WHERE task = ?1 ORDER BY number";
                conn.all(sql, [card.to_string()], |row| {
                    Ok(Transition {
                        at: row.parsed("at")?,
                        from: row.parsed_opt("from_stage")?,
                        to: row.parsed_opt("to_stage")?,
                        actor: row.get("actor")?,
                        reason: row.get("reason")?,
                        run: row.parsed_opt("run")?,
                    })
                })
            })
            .await
    }
}

pub(super) fn open(tx: &Tx<'_>, new: &NewCard) -> Result<Card, StoreError> {
    let task = &new.task;
    if let Some(key) = &task.idempotency
        && let Some(known) = crate::life::known_task(tx, &task.principal, key)?
    {
        return card_of(tx, known);
    }
    workspaces::by_id(tx, task.workspace)?;
    add_task(tx, task)?;
    tx.exec(
        "INSERT INTO cards (task, workspace, slug, labels, priority, assignee, version, entry, entered_at, started, due,
                            waits, note, gates)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, 1, ?7, 0, 1, NULL, '', '[]')",
        params![
            task.id.to_string(),
            task.workspace.to_string(),
            free_slug(tx, task.workspace, &new.slug)?,
            json!(new.labels).to_string(),
            new.priority,
            Exact(&new.assignee),
            stamp(tx.now),
        ],
    )?;
    let created =
        TaskCreated { title: task.title.clone(), workspace: task.workspace, by: task.principal.clone() };
    trail::add_event(tx, &task.id.to_string(), &HostEvent::TaskCreated(created))?;
    let transition = Transition {
        at: tx.now,
        from: None,
        to: Some(task.position.stage.clone()),
        actor: task.principal.clone(),
        reason: "created".to_owned(),
        run: None,
    };
    add_transition(tx, task.id, &transition)?;
    if !new.depends_on.is_empty() {
        depend(tx, &card_of(tx, task.id)?, &new.depends_on)?;
    }
    changed(tx, task.id)
}

/// The slug, with a number if another card of the workspace has it.
fn free_slug(tx: &Tx<'_>, workspace: WorkspaceId, wished: &str) -> Result<String, StoreError> {
    let numbered = (2..).map(|number: u32| format!("{wished}-{number}"));
    for slug in std::iter::once(wished.to_owned()).chain(numbered) {
        let taken = tx.one(
            "SELECT 1 FROM cards WHERE workspace = ?1 AND slug = ?2",
            params![workspace.to_string(), slug],
            |row| row.get::<_, i64>(0),
        )?;
        if taken.is_none() {
            return Ok(slug);
        }
    }
    Err(StoreError::Misuse(format!("every name like '{wished}' is taken")))
}
