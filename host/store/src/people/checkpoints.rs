//! Checkpoints: numbered versions of a task's specification and progress.

use crate::file::{Sql, Tx, stamp};
use crate::handles::Checkpoints;
use crate::view::{runs, trail};
use crate::{Checkpoint, NewCheckpoint, StoreError, record};
use jackfield_model::{CheckpointAdded, HostEvent};
use jackfield_sql::{Connection, params};
use jackfield_types::TaskId;

impl Checkpoints<'_> {
    /// Adds the next version and returns it.
    pub async fn add(self, checkpoint: NewCheckpoint) -> Result<Checkpoint, StoreError> {
        self.0.write(move |tx| add_checkpoint(tx, &checkpoint)).await
    }

    /// Returns every version of a task, oldest first.
    pub async fn list(self, task: TaskId) -> Result<Vec<Checkpoint>, StoreError> {
        self.0.read(move |conn| of_task(conn, task)).await
    }

    /// Returns one version of a task.
    pub async fn get(self, task: TaskId, version: u32) -> Result<Checkpoint, StoreError> {
        self.0
            .read(move |conn| {
                let found = conn.one(
                    "SELECT * FROM checkpoints WHERE task = ?1 AND version = ?2",
                    params![task.to_string(), version],
                    record::checkpoint,
                )?;
                found.ok_or(StoreError::NoCheckpoint { task, version })
            })
            .await
    }
}

pub(crate) fn of_task(conn: &Connection, task: TaskId) -> Result<Vec<Checkpoint>, StoreError> {
    conn.all(
        "SELECT * FROM checkpoints WHERE task = ?1 ORDER BY version",
        [task.to_string()],
        record::checkpoint,
    )
}

/// The latest version of one kind; `None` if there is none.
pub(crate) fn latest_checkpoint(
    conn: &Connection,
    task: TaskId,
    kind: &str,
) -> Result<Option<Checkpoint>, StoreError> {
    conn.one(
        "SELECT * FROM checkpoints WHERE task = ?1 AND kind = ?2 ORDER BY version DESC LIMIT 1",
        params![task.to_string(), kind],
        record::checkpoint,
    )
}

/// Adds the next version. Only one writer assigns numbers, so each is used once.
pub(crate) fn add_checkpoint(tx: &Tx<'_>, checkpoint: &NewCheckpoint) -> Result<Checkpoint, StoreError> {
    let NewCheckpoint { task, principal, kind, label, content } = checkpoint;
    runs::task_of(tx, *task)?;
    let added = tx.one(
        "INSERT INTO checkpoints (task, version, at, principal, kind, label, content)
         SELECT ?1, COALESCE(MAX(version), 0) + 1, ?2, ?3, ?4, ?5, ?6 FROM checkpoints WHERE task = ?1
         RETURNING *",
        params![task.to_string(), stamp(tx.now), principal, kind, label, content.to_string()],
        record::checkpoint,
    )?;
    let added = added.ok_or_else(|| StoreError::Damaged(format!("a checkpoint of {task} was not added")))?;
    let event = HostEvent::CheckpointAdded(CheckpointAdded {
        version: added.version,
        kind: kind.clone(),
        label: label.clone(),
        by: principal.clone(),
    });
    trail::add_event(tx, &task.to_string(), &event)?;
    Ok(added)
}
