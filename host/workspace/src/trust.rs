//! Which commands in git's configuration are the user's, and which came while an agent was at work.
//!
//! What is there while no attempt is at work is trusted. What comes to be there while one is, whoever wrote it, is
//! not: it stays in the configuration, and Jackfield runs it for nobody. Two files remember that, the repository's
//! in its git folder (`jackfield.settings`) and that of the user's own configuration in the folder of worktrees
//! (`settings`); each is there only while there is something to remember. To trust what it names, delete it while
//! nothing is at work.

use crate::guard::Guard;
use crate::lock::Lock;
use crate::memory::{Memory, OF_REPOSITORY, OF_USER, is_remembered, of_repository, trusted};
use crate::settings::{Commands, Settings, is_filter};
use crate::{WorkspaceError, Worktree, WorktreeKind, configuration};
use jackfield_types::AttemptId;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An attempt is over, or never began. Nothing it started is left. `root` is the folder of worktrees.
pub(crate) async fn leave(
    root: &Path,
    common: Option<&Path>,
    attempt: AttemptId,
) -> Result<(), WorkspaceError> {
    let leave = |file: PathBuf| {
        let Some(mut memory) = Memory::read(&file)? else { return Ok(()) };
        if memory.working.remove(&attempt) { memory.write(&file) } else { Ok(()) }
    };
    if let Some(common) = common.filter(|common| is_remembered(common)) {
        let _lock = Lock::repository(common).await?;
        leave(common.join(OF_REPOSITORY))?;
    }
    let _lock = Lock::repository(root).await?;
    leave(root.join(OF_USER))
}

/// What git is trusted with below the folder of worktrees.
#[derive(Clone, Copy)]
pub(crate) struct Trust<'a>(pub(crate) &'a Path);

impl Trust<'_> {
    /// What git is held to in the worktree of an attempt that is at work or has just ended, with warnings of what
    /// was added to the configuration meanwhile.
    pub(crate) async fn guard(
        &self,
        worktree: &Worktree,
    ) -> Result<(Arc<Guard>, Vec<String>), WorkspaceError> {
        let Some(trusted) = &worktree.settings else { return Ok(Default::default()) };
        let now = configuration::settings(&worktree.repository, worktree.git_folder()).await?;
        let warnings = self.review(worktree, trusted, &now).await?;
        Ok((Guard::new(&now, trusted.clone()), warnings))
    }

    /// As [`guard`](Self::guard), where the attempt was over long ago: the user may have changed things since.
    pub(crate) async fn later_guard(&self, worktree: &Worktree) -> Result<Arc<Guard>, WorkspaceError> {
        let now = configuration::settings(&worktree.repository, worktree.git_folder()).await?;
        let repository = match worktree.kind {
            WorktreeKind::Git => of_repository(&worktree.repository, &now)?,
            WorktreeKind::Copy => Commands::new(),
        };
        let user = {
            let _lock = Lock::repository(self.0).await?;
            trusted(&self.0.join(OF_USER), &now.user)?
        };
        Ok(Guard::new(&now, Settings { repository, user }))
    }

    /// An attempt begins: what of `now` is trusted while it is at work.
    pub(crate) async fn begin(
        &self,
        common: Option<&Path>,
        now: Settings,
        attempt: AttemptId,
    ) -> Result<Settings, WorkspaceError> {
        let begin = |file: &Path, now: &Commands| {
            let mut memory = Memory::read(file)?.unwrap_or_default();
            let trusted = memory.judge(now).clone();
            memory.working.insert(attempt);
            memory.write(file).map(|()| trusted)
        };
        let repository = match common {
            Some(common) => {
                let _lock = Lock::repository(common).await?;
                begin(&common.join(OF_REPOSITORY), &now.repository)?
            }
            // Nobody else has the private repository of a copy.
            None => now.repository,
        };
        let _lock = Lock::repository(self.0).await?;
        Ok(Settings { repository, user: begin(&self.0.join(OF_USER), &now.user)? })
    }

    /// What is in the configuration `now` that was not `trusted` when the attempt began is taken note of. Gives
    /// a warning of each filter among it that was not known.
    async fn review(
        &self,
        worktree: &Worktree,
        trusted: &Settings,
        now: &Settings,
    ) -> Result<Vec<String>, WorkspaceError> {
        let mut warnings = Vec::new();
        let mut review = |file: PathBuf, trusted: &Commands, now: &Commands| {
            let mut memory = Memory::read(&file).ok().flatten().unwrap_or_default();
            let fresh = memory.review(trusted, now);
            memory.working.insert(worktree.attempt);
            warnings.extend(fresh.iter().filter(|key| is_filter(key)).map(|key| warning(key, &file)));
            memory.write(&file)
        };
        if worktree.kind == WorktreeKind::Git {
            let _lock = Lock::repository(&worktree.repository).await?;
            review(worktree.repository.join(OF_REPOSITORY), &trusted.repository, &now.repository)?;
        }
        let _lock = Lock::repository(self.0).await?;
        review(self.0.join(OF_USER), &trusted.user, &now.user)?;
        Ok(warnings)
    }
}

/// An agent chose the key, so that it may hold anything.
fn warning(key: &str, file: &Path) -> String {
    let key: String = key.escape_debug().take(100).collect();
    format!(
        "git's setting `{key}` came or changed while an agent was at work: it is not used for anybody's work. Remove \
         it with `git config --unset`; if it is yours, delete {} while nothing is at work",
        file.display()
    )
}
