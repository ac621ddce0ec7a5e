//! Who decided what, and what happened to the host: plugins, their decisions, and the event log.

use crate::{
    Event, NewPluginCall, NewWorkspace, PluginCall, PluginReceipt, PluginVersion, Store, StoreError,
    Workspace,
};
use jackfield_types::{TaskId, WorkspaceId};
use serde_json::Value;

impl Store {
    /// The workspace of a folder, made known where it was not.
    pub async fn ensure_workspace(&self, new: NewWorkspace) -> Result<Workspace, StoreError> {
        unimplemented!()
    }

    /// One workspace.
    pub async fn workspace(&self, workspace: WorkspaceId) -> Result<Workspace, StoreError> {
        unimplemented!()
    }

    /// All workspaces, by name.
    pub async fn workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        unimplemented!()
    }

    /// Records decisions. A plugin that was not known yet becomes known by them.
    pub async fn record_calls(&self, calls: Vec<NewPluginCall>) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// Records that a version of a plugin changed its standing, on the event log too.
    pub async fn record_plugin(&self, receipt: PluginReceipt) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// Puts an event on the host's log and gives its place there.
    pub async fn record_event(&self, kind: &str, subject: &str, payload: Value) -> Result<u64, StoreError> {
        unimplemented!()
    }

    /// Events on the host's log after a place, oldest first.
    pub async fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        unimplemented!()
    }

    /// Every version of every plugin that the host has seen, last changed first.
    pub async fn plugin_history(&self) -> Result<Vec<PluginVersion>, StoreError> {
        unimplemented!()
    }

    /// Every decision about a task, oldest first.
    pub async fn decisions(&self, task: TaskId) -> Result<Vec<PluginCall>, StoreError> {
        unimplemented!()
    }
}
