//! What git is held to while a piece of work goes on, carried along with the task as its bounds are.

use crate::settings::{Overrides, Settings};
use crate::{WorkspaceError, trust};
use parking_lot::Mutex;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;

tokio::task_local! {
    static GUARD: Arc<Guard>;
}

/// Which commands of the configuration git may run, and what there is to say of it.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    pub(crate) overrides: Overrides,
    trusted: Option<Settings>,
    notes: Mutex<Vec<String>>,
}

impl Guard {
    /// The commands of the configuration, which are `now`, are held to those that are `trusted`.
    pub(crate) fn new(now: &Settings, trusted: Settings) -> Arc<Self> {
        Arc::new(Self { overrides: now.held_to(&trusted), trusted: Some(trusted), notes: Mutex::default() })
    }

    /// Git is held to it in whatever `work` has it do.
    pub(crate) async fn hold<T>(self: &Arc<Self>, work: impl Future<Output = T>) -> T {
        GUARD.scope(self.clone(), Box::pin(work)).await
    }

    /// The one in force.
    pub(crate) fn current() -> Option<Arc<Self>> {
        GUARD.try_with(Arc::clone).ok()
    }

    /// Something that whoever asked for the work should know.
    pub(crate) fn note(&self, note: String) {
        let mut notes = self.notes.lock();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    pub(crate) fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut self.notes.lock())
    }
}

/// Does something in the user's own checkout, whose repository's git folder is `common`, without what agents have
/// added to its configuration.
pub(crate) async fn within<T>(
    at: &Path,
    common: &Path,
    work: impl Future<Output = Result<T, WorkspaceError>>,
) -> Result<T, WorkspaceError> {
    if Guard::current().is_some() || !trust::is_remembered(common) {
        return work.await;
    }
    let now = Settings::read(at, None).await?;
    let repository = trust::of_repository(common, &now)?;
    let trusted = Settings { repository, user: now.user.clone() };
    Guard::new(&now, trusted).hold(work).await
}

/// Does something with another git folder than the guard in force was made for: a part of the configuration may be
/// included for that one only.
pub(crate) async fn again<T>(
    at: &Path,
    git_folder: &Path,
    work: impl Future<Output = Result<T, WorkspaceError>>,
) -> Result<T, WorkspaceError> {
    let Some(trusted) = Guard::current().and_then(|guard| guard.trusted.clone()) else { return work.await };
    let now = Settings::read(at, Some(git_folder)).await?;
    Guard::new(&now, trusted).hold(work).await
}
