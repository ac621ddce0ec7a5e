//! Work of git in places where an agent may have added commands to the configuration.

use crate::guard::Guard;
use crate::memory::{is_remembered, of_repository};
use crate::settings::Settings;
use crate::{WorkspaceError, configuration};
use std::future::Future;
use std::path::Path;

/// Does something in the user's own checkout, whose repository's git folder is `common`, without what agents have
/// added to its configuration.
pub(crate) async fn within<T>(
    at: &Path,
    common: &Path,
    work: impl Future<Output = Result<T, WorkspaceError>>,
) -> Result<T, WorkspaceError> {
    if Guard::current().is_some() || !is_remembered(common) {
        return work.await;
    }
    let now = configuration::of_checkout(at, common).await?;
    let repository = of_repository(common, &now)?;
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
    let now = configuration::settings(at, git_folder).await?;
    Guard::new(&now, trusted).hold(work).await
}
