//! Human tasks: create, change, list, and delete to-dos.

use crate::file::{Columns, Exact, Sql, Tx, signed, stamp, word};
use crate::handles::HumanTasks;
use crate::record::{HUMAN_TASKS, human_task};
use crate::view::{ids, trail};
use crate::{
    HumanTask, HumanTaskChange, HumanTaskKind, HumanTaskState, Idempotency, NewHumanTask, RecordKind,
    StoreError, board,
};
use jackfield_model::{HostEvent, HumanTaskChanged, HumanTaskCreated, HumanTaskDeleted};
use jackfield_sql::Value as SqlValue;
use jackfield_sql::{Connection, params, params_from_iter};
use jackfield_types::{HumanTaskId, RunId, TaskId, WorkspaceId};

/// Which human tasks to list: open ones first, then by priority, newest first.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct HumanTaskFilter {
    /// `None` for any state.
    pub state: Option<HumanTaskState>,
    pub kind: Option<HumanTaskKind>,
    pub workspace: Option<WorkspaceId>,
    pub task: Option<TaskId>,
    pub run: Option<RunId>,
    /// Created by one principal, or about its tasks.
    pub principal: Option<String>,
    /// At most this many.
    pub limit: u32,
    /// Skip this many.
    pub skip: u64,
}

impl Default for HumanTaskFilter {
    fn default() -> Self {
        Self {
            state: None,
            kind: None,
            workspace: None,
            task: None,
            run: None,
            principal: None,
            limit: 50,
            skip: 0,
        }
    }
}

impl HumanTasks<'_> {
    /// Records a human task, or returns the one recorded under the same key.
    pub async fn add(self, new: NewHumanTask) -> Result<HumanTask, StoreError> {
        self.0
            .write(move |tx| match made_before(tx, &new)? {
                Some(made) => of_id(tx, made),
                None => add_human_task(tx, &new),
            })
            .await
    }

    /// Returns a human task.
    pub async fn get(self, id: HumanTaskId) -> Result<HumanTask, StoreError> {
        self.0.read(move |conn| of_id(conn, id)).await
    }

    /// Returns the human task with this id or with the only id that begins with it, in any case. With `principal`,
    /// only its human tasks count.
    pub async fn find(self, id: &str, principal: Option<&str>) -> Result<HumanTaskId, StoreError> {
        let (id, principal) = (id.to_owned(), principal.map(str::to_owned));
        self.0.read(move |conn| ids::find(conn, &ids::HUMAN_TASKS, &id, principal.as_deref())).await
    }

    /// Returns how many human tasks are open: those of one principal's tasks, or all.
    pub async fn open(self, principal: Option<&str>) -> Result<u64, StoreError> {
        let principal = principal.map(str::to_owned);
        self.0
            .read(move |conn| {
                let open = conn.one(
                    "SELECT COUNT(*) AS open FROM human_tasks LEFT JOIN tasks ON tasks.id = human_tasks.task
                     WHERE human_tasks.state = 'open'
                       AND (?1 IS NULL OR tasks.principal = ?1 OR human_tasks.created_by = ?1)",
                    [principal],
                    |row| row.count("open"),
                )?;
                Ok(open.unwrap_or(0))
            })
            .await
    }

    /// Returns human tasks: open ones first, then by priority, newest first.
    pub async fn list(self, filter: HumanTaskFilter) -> Result<Vec<HumanTask>, StoreError> {
        self.0.read(move |conn| {
            let given = [
                ("state", filter.state.map(word)),
                ("kind", filter.kind.map(word)),
                ("workspace", filter.workspace.map(|id| id.to_string())),
                ("task", filter.task.map(|id| id.to_string())),
                ("run", filter.run.map(|id| id.to_string())),
            ];
            let mut sql = format!("{} WHERE TRUE", HUMAN_TASKS);
            let mut values: Vec<SqlValue> = Vec::new();
            for (column, value) in given.into_iter().filter_map(|(column, value)| Some((column, value?))) {
                sql.push_str(&format!(" AND human_tasks.{column} = ?"));
                values.push(value.into());
            }
            if let Some(principal) = filter.principal {
                sql.push_str(
                    " AND (human_tasks.created_by = ?
                           OR (SELECT principal FROM tasks WHERE tasks.id = human_tasks.task) = ?)",
                );
                values.extend([principal.clone().into(), principal.into()]);
            }
            sql.push_str(
                " ORDER BY human_tasks.state = 'open' DESC, priority DESC, human_tasks.rowid DESC LIMIT ? OFFSET ?",
            );
            values.extend([filter.limit.into(), signed(filter.skip).into()]);
            conn.all(&sql, params_from_iter(values), human_task)
        })
        .await
    }

    /// Changes a to-do, and closes or reopens it if its state changes. Returns it as it is then. Of a handed-over run
    /// only the priority and the due date can change: its text is evidence, and an answer closes it.
    pub async fn change(
        self,
        id: HumanTaskId,
        change: HumanTaskChange,
        principal: &str,
    ) -> Result<HumanTask, StoreError> {
        let principal = principal.to_owned();
        self.0.write(move |tx| change_human_task(tx, id, &change, &principal)).await
    }

    /// Deletes a to-do; the event log keeps its content. A handed-over run cannot be deleted.
    pub async fn delete(self, id: HumanTaskId, principal: &str) -> Result<HumanTask, StoreError> {
        let principal = principal.to_owned();
        self.0
            .write(move |tx| {
                let task = of_id(tx, id)?;
                if task.kind == HumanTaskKind::Handoff {
                    return Err(not_now("delete", &task));
                }
                tx.exec("DELETE FROM human_tasks WHERE id = ?1", [id.to_string()])?;
                board::answered(tx, task.task)?;
                let deleted = HumanTaskDeleted { by: principal.clone(), was: task.clone() };
                trail::add_event(tx, &id.to_string(), &HostEvent::HumanTaskDeleted(Box::new(deleted)))?;
                Ok(task)
            })
            .await
    }
}

pub(crate) fn of_id(conn: &Connection, id: HumanTaskId) -> Result<HumanTask, StoreError> {
    let sql = format!("{} WHERE human_tasks.id = ?1", HUMAN_TASKS);
    conn.one(&sql, [id.to_string()], human_task)?
        .ok_or_else(|| StoreError::NotFound { what: RecordKind::HumanTask, id: id.to_string() })
}

fn not_now(action: &'static str, task: &HumanTask) -> StoreError {
    let state = format!("a {} that is {}", word(task.kind), task.state.as_str());
    StoreError::not_now(action, RecordKind::HumanTask, task.id, state)
}

/// The human tasks about a task, oldest first.
pub(crate) fn of_task(conn: &Connection, task: TaskId) -> Result<Vec<HumanTask>, StoreError> {
    let sql = format!("{} WHERE human_tasks.task = ?1 ORDER BY human_tasks.id", HUMAN_TASKS);
    conn.all(&sql, [task.to_string()], human_task)
}

/// The human task that was recorded under the same key.
fn made_before(tx: &Tx<'_>, new: &NewHumanTask) -> Result<Option<HumanTaskId>, StoreError> {
    let Some(Idempotency { key, digest }) = &new.idempotency else { return Ok(None) };
    let sql = "SELECT id, idempotency_digest FROM human_tasks WHERE created_by = ?1 AND idempotency_key = ?2";
    let found = tx.one(sql, params![new.created_by, key], |row| {
        Ok((row.parsed::<HumanTaskId>("id")?, row.get::<_, String>("idempotency_digest")?))
    })?;
    match found {
        Some((id, before)) if before != *digest => {
            Err(StoreError::KeyUsed { key: key.clone(), what: RecordKind::HumanTask, id: id.to_string() })
        }
        found => Ok(found.map(|(id, _)| id)),
    }
}

/// Records a human task.
pub(crate) fn add_human_task(tx: &Tx<'_>, new: &NewHumanTask) -> Result<HumanTask, StoreError> {
    tx.exec(
        "INSERT INTO human_tasks (id, kind, workspace, task, run, title, body, evidence, state, priority, due_at,
                                  created_by, created_at, updated_at, idempotency_key, idempotency_digest)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'open', ?9, ?10, ?11, ?12, ?12, ?13, ?14)",
        params![
            new.id.to_string(),
            word(new.kind),
            new.workspace.map(|id| id.to_string()),
            new.task.map(|id| id.to_string()),
            new.run.map(|id| id.to_string()),
            new.title,
            new.body,
            new.evidence.to_string(),
            new.priority,
            new.due_at.map(stamp),
            Exact(&new.created_by),
            stamp(tx.now),
            Exact(new.idempotency.as_ref().map(|of| &of.key)),
            Exact(new.idempotency.as_ref().map(|of| &of.digest)),
        ],
    )?;
    let created = HumanTaskCreated {
        kind: new.kind,
        title: new.title.clone(),
        task: new.task,
        run: new.run,
        by: new.created_by.clone(),
    };
    trail::add_event(tx, &new.id.to_string(), &HostEvent::HumanTaskCreated(created))?;
    of_id(tx, new.id)
}

fn change_human_task(
    tx: &Tx<'_>,
    id: HumanTaskId,
    change: &HumanTaskChange,
    principal: &str,
) -> Result<HumanTask, StoreError> {
    let before = of_id(tx, id)?;
    let HumanTaskChange { title, body, state, answer, .. } = change;
    let says = title.is_some() || body.is_some() || state.is_some() || answer.is_some();
    if says && before.kind == HumanTaskKind::Handoff {
        return Err(not_now("change more than priority and date of", &before));
    }
    apply(tx, before, change, principal)
}

/// Applies a change to a human task of either kind, and records the event.
pub(crate) fn apply(
    tx: &Tx<'_>,
    before: HumanTask,
    change: &HumanTaskChange,
    principal: &str,
) -> Result<HumanTask, StoreError> {
    let HumanTaskChange { title, body, priority, due_at, state, answer } = change;
    let id = before.id;
    let state = state.unwrap_or(before.state);
    let closed_at = match state {
        HumanTaskState::Open => None,
        _ if state == before.state => before.closed_at,
        _ => Some(tx.now),
    };
    // A reopened human task has no answer.
    let reopened = state == HumanTaskState::Open && before.state != HumanTaskState::Open;
    let kept = if reopened { None } else { before.answer.clone() };
    let (answer, by) = match answer {
        Some(answer) => (Some(answer.clone()), Some(principal.to_owned())),
        None if state != before.state => (kept, (!reopened).then(|| principal.to_owned())),
        None => (kept, before.answered_by.clone()),
    };
    tx.exec(
        "UPDATE human_tasks SET title = ?2, body = ?3, priority = ?4, due_at = ?5, state = ?6, answer = ?7,
                                answered_by = ?8, closed_at = ?9, updated_at = ?10
         WHERE id = ?1",
        params![
            id.to_string(),
            title.as_ref().unwrap_or(&before.title),
            body.as_ref().unwrap_or(&before.body),
            priority.unwrap_or(before.priority),
            due_at.unwrap_or(before.due_at).map(stamp),
            state.as_str(),
            answer.map(|answer| answer.to_string()),
            by,
            closed_at.map(stamp),
            stamp(tx.now),
        ],
    )?;
    let after = of_id(tx, id)?;
    if after.state != HumanTaskState::Open {
        board::answered(tx, after.task)?;
    }
    let changed = HumanTaskChanged { by: principal.to_owned(), was: before, is: after.clone() };
    trail::add_event(tx, &id.to_string(), &HostEvent::human_task_changed(changed))?;
    Ok(after)
}
