//! Workspaces: named scopes, each one folder on this machine.

use crate::file::Columns;
use jackfield_sql::Row;
use jackfield_types::{Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

/// What sort of folder a workspace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WorkspaceKind {
    /// A git repository: attempts get worktrees.
    Git,
    /// A plain folder: attempts get copies.
    Folder,
}

/// A workspace to be known.
#[derive(Debug, Clone)]
pub struct NewWorkspace {
    /// The name wished for; when another folder has it already, a number is put behind it.
    pub name: String,
    /// The folder, absolute and with links resolved. Two workspaces never share one.
    pub path: String,
    /// What sort of folder it is.
    pub kind: WorkspaceKind,
}

/// A workspace that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name, unique.
    pub name: String,
    /// Its folder, unique.
    pub path: String,
    /// What sort of folder it is.
    pub kind: WorkspaceKind,
    /// When it was first seen.
    pub created_at: Timestamp,
}

impl Workspace {
    pub(crate) fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            name: row.get("name")?,
            path: row.get("path")?,
            kind: row.word("kind")?,
            created_at: row.parsed("created_at")?,
        })
    }
}
