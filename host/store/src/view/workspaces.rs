//! Recording and reading workspaces.

use crate::file::{Counted, Exact, Sql, Tx, stamp, word};
use crate::handles::Workspaces;
use crate::{NewWorkspace, RecordKind, StoreError, Workspace};
use jackfield_sql::{Connection, params};
use jackfield_types::WorkspaceId;

impl Workspaces<'_> {
    /// Returns the workspace of a folder, and records it if it is new.
    pub async fn ensure(self, new: NewWorkspace) -> Result<Workspace, StoreError> {
        let path = new.path.clone();
        // Most calls name a known workspace, and need not wait for the writer.
        if let Some(known) = self.0.read(move |conn| by_path(conn, &path)).await? {
            return Ok(known);
        }
        self.0
            .write(move |tx| match by_path(tx, &new.path)? {
                Some(known) => Ok(known),
                None => add(tx, &new),
            })
            .await
    }

    /// Returns a workspace.
    pub async fn get(self, workspace: WorkspaceId) -> Result<Workspace, StoreError> {
        self.0.read(move |conn| by_id(conn, workspace)).await
    }

    /// Returns the workspaces in which a principal has tasks, by name.
    pub async fn of_principal(self, principal: &str) -> Result<Vec<Workspace>, StoreError> {
        let principal = principal.to_owned();
        let sql = "SELECT * FROM workspaces WHERE id IN (SELECT workspace FROM tasks WHERE principal = ?1) ORDER BY name";
        self.0.read(move |conn| conn.all(sql, [principal], Workspace::read)).await
    }

    /// Returns all workspaces, by name.
    pub async fn list(self) -> Result<Vec<Workspace>, StoreError> {
        self.0.read(|conn| conn.all("SELECT * FROM workspaces ORDER BY name", [], Workspace::read)).await
    }
}

pub(crate) fn by_id(conn: &Connection, workspace: WorkspaceId) -> Result<Workspace, StoreError> {
    conn.one("SELECT * FROM workspaces WHERE id = ?1", [workspace.to_string()], Workspace::read)?
        .ok_or_else(|| StoreError::NotFound { what: RecordKind::Workspace, id: workspace.to_string() })
}

fn by_path(conn: &Connection, path: &str) -> Result<Option<Workspace>, StoreError> {
    conn.one("SELECT * FROM workspaces WHERE path = ?1", [path], Workspace::read)
}

fn add(tx: &Tx<'_>, new: &NewWorkspace) -> Result<Workspace, StoreError> {
    let id = WorkspaceId::new();
    let numbered = (2..).map(|number| format!("{}-{number}", new.name));
    for name in std::iter::once(new.name.clone()).chain(numbered) {
        let added = tx.exec(
            "INSERT INTO workspaces (id, name, path, kind, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (name) DO NOTHING",
            params![id.to_string(), Exact(&name), Exact(&new.path), word(new.kind), stamp(tx.now)],
        )?;
        if added > 0 {
            tx.count(Counted::Workspaces, 1);
            break;
        }
    }
    by_id(tx, id)
}
