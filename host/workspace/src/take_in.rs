//! Taking files into an index, by way of what git can still do with them.

use crate::git::Git;
use crate::index::Index;
use crate::{Commit, WorkspaceError, marks, removal, survey};
use std::fs::{self, FileTimes};
use std::io;
use std::path::Path;

impl Index<'_> {
    /// Starts from the index of the worktree, which knows what has not changed and need not be read again.
    pub(crate) async fn seed(&self, admin: Option<&Path>, start: &Commit) -> Result<(), WorkspaceError> {
        removal::forget(&self.file.with_extension("lock"))?;
        let copied = admin.is_some_and(|admin| copy_index(&admin.join("index"), &self.file).is_ok());
        if copied { Ok(()) } else { self.start_at(start).await }
    }

    async fn start_at(&self, start: &Commit) -> Result<(), WorkspaceError> {
        removal::forget(&self.file)?;
        self.git("read the commit").arguments(["read-tree", start.as_str()]).run().await?;
        // What a sparse checkout leaves off the disk is not deleted; without a sparse checkout it refuses.
        self.git("mark what is not checked out").arguments(["sparse-checkout", "reapply"]).ask().await?;
        marks::clear(self, Some(start)).await
    }

    pub(crate) async fn has_conflicts(&self) -> Result<bool, WorkspaceError> {
        let answer = self
            .git("look for conflicts")
            .files_untouched()
            .arguments(["ls-files", "--unmerged", "-z"])
            .ask()
            .await?;
        Ok(answer.code != Some(0) || !answer.stdout.is_empty())
    }

    /// Takes in all files, from a fresh index where the agent's does not read, and without filters where one
    /// refuses its content. What could not be taken in all the same, and what the filter said.
    pub(crate) async fn take_in_somehow(
        &self,
        start: &Commit,
    ) -> Result<(Option<String>, Option<String>), WorkspaceError> {
        let mut taken = self.take_in(Some(start)).await;
        if let Err(WorkspaceError::Git { .. }) = taken {
            self.start_at(start).await?;
            taken = self.take_in(Some(start)).await;
        }
        let mut refused = None;
        if let Err(WorkspaceError::Git { said, .. }) = &taken {
            refused = Some(said.clone());
            self.start_at(start).await?;
            taken = self.add(&marks::without_filters(self).await?).await;
        }
        if let Ok(Some(_)) = taken {
            survey::make_readable(self.tree).await?;
            let off = if refused.is_some() { marks::without_filters(self).await? } else { Vec::new() };
            taken = self.add(&off).await;
        }
        Ok((taken?, refused))
    }

    /// Takes in all files but the ignored ones, and says what could not be taken in.
    pub(crate) async fn take_in(&self, like: Option<&Commit>) -> Result<Option<String>, WorkspaceError> {
        marks::clear(self, like).await?;
        self.add(&[]).await
    }

    async fn add(&self, more: &[String]) -> Result<Option<String>, WorkspaceError> {
        let what = "take in the changed files";
        let settings = marks::settings(self.tree);
        let settings = settings.into_iter().chain(more.iter().map(String::as_str));
        let git = settings.fold(self.git(what), Git::set);
        let answer = git.arguments(["add", "--all", "--ignore-errors"]).ask().await?;
        match answer.code {
            Some(0) => Ok(None),
            // It took in the rest.
            Some(1) => Ok(Some(answer.said)),
            _ => Err(answer.refused(what.to_owned())),
        }
    }

    pub(crate) async fn write_tree(&self, more: &[String]) -> Result<String, WorkspaceError> {
        let git = more.iter().map(String::as_str).fold(self.git("write the tree of files"), Git::set);
        git.argument("write-tree").line().await
    }
}

/// Its time goes with it: git looks into files that changed as late as their index was written, and a
/// copy that looks younger would make it miss them.
fn copy_index(from: &Path, to: &Path) -> io::Result<()> {
    let written = fs::metadata(from)?.modified()?;
    fs::copy(from, to)?;
    fs::File::open(to)?.set_times(FileTimes::new().set_modified(written))
}
