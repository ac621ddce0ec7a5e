//! Workers: processes that carry runs out.

use crate::file::Columns;
use jackfield_model::WorkerKind;
use jackfield_sql::Row;
use jackfield_types::{Timestamp, WorkerId, WorkspaceId};
use serde::Serialize;
use std::time::Duration;

/// A worker that begins.
#[derive(Debug, Clone)]
pub struct NewWorker {
    /// Its id.
    pub id: WorkerId,
    /// For a person: the machine's name, or what the operator calls it.
    pub name: String,
    /// Where it is.
    pub kind: WorkerKind,
    /// Tells a local worker's process from any other; of a remote one, where it is.
    pub instance: String,
    /// Attempts that it makes at once.
    pub slots: u32,
    /// The executors that it has.
    pub executors: Vec<String>,
    /// The workspaces that it can work in; none: all of them.
    pub workspaces: Option<Vec<WorkspaceId>>,
    /// Who speaks for it, where it is elsewhere: nobody else may from then on.
    pub principal: Option<String>,
    /// How long it has its runs without another heartbeat.
    pub lease: Duration,
}

/// What became of a worker that wanted to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It is on record.
    Begun,
    /// The id is another principal's, or one of this host's own workers.
    NotItsOwn,
    /// The principal has another worker that has not ended.
    Another(WorkerId),
}

/// A worker that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Worker {
    pub id: WorkerId,
    pub name: String,
    pub kind: WorkerKind,
    pub instance: String,
    pub slots: u32,
    pub executors: Vec<String>,
    pub workspaces: Option<Vec<WorkspaceId>>,
    /// Who speaks for it, where it is elsewhere.
    pub principal: Option<String>,
    /// Attempts that it has in hand.
    pub busy: u32,
    pub started_at: Timestamp,
    pub heartbeat_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

impl Worker {
    pub(crate) fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            name: row.get("name")?,
            kind: row.word("kind")?,
            instance: row.get("instance")?,
            slots: row.get("slots")?,
            executors: row.json("executors")?,
            workspaces: row.json_opt("workspaces")?,
            principal: row.get("principal")?,
            busy: row.get("busy")?,
            started_at: row.parsed("started_at")?,
            heartbeat_at: row.parsed("heartbeat_at")?,
            ended_at: row.parsed_opt("ended_at")?,
        })
    }
}
