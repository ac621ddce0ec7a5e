//! Commits that worktrees start from, other than what the user has checked out, and branches that collect work.

use crate::lock::Lock;
use crate::{BranchFile, Commit, Repository, WorkspaceError, branch_files, commits, entry, source};
use std::path::Path;

/// The folder of branches that collect the work of several runs.
const COLLECTING: &str = "jackfield/cards";

/// The commit of a branch of the repository, by its name, or of a whole commit id.
async fn resolve(repository: &Path, base: &str) -> Result<Commit, WorkspaceError> {
    let none = || WorkspaceError::NoBase { repository: repository.to_owned(), base: base.to_owned() };
    if !is_branch_name(base) {
        return Err(none());
    }
    if let Some(commit) = entry::tip(repository, base).await? {
        return Ok(commit);
    }
    let Ok(commit) = Commit::try_from(base.to_owned()) else { return Err(none()) };
    // It must be there, and be a commit.
    commits::tree_of(repository, &commit).await.map(|_| commit).map_err(|_| none())
}

/// A subset of the names that git allows: one that is neither an option nor an expression.
fn is_branch_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    name.len() <= 250
        && name.bytes().all(allowed)
        && name.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with(['.', '-'])
                && !part.ends_with(['.'])
                && !part.ends_with(".lock")
        })
        && !name.contains("..")
}

impl Repository {
    /// The commit of one of its branches, by name, or of a whole commit id.
    ///
    /// # Errors
    /// [`WorkspaceError::NoBase`] where there is no such commit; where git refuses.
    pub async fn commit_of(&self, base: &str) -> Result<Commit, WorkspaceError> {
        resolve(&self.common, base).await
    }

    /// The branch that collects the work on a card.
    pub fn collecting_branch(name: &str) -> String {
        format!("{COLLECTING}/{name}")
    }

    /// Creates the branch at what is checked out now, if it does not exist. Returns the commit that it is at.
    ///
    /// # Errors
    /// Where git refuses.
    pub async fn begin_branch(&self, branch: &str) -> Result<Commit, WorkspaceError> {
        let _lock = Lock::repository(&self.common).await?;
        if let Some(tip) = entry::tip(&self.common, branch).await? {
            return Ok(tip);
        }
        let start = match source::checkout(&self.top, &self.common).await?.head {
            Some(head) => head,
            None => entry::empty_commit(&self.common).await?,
        };
        commits::move_branch(&self.common, branch, &start, None).await?;
        Ok(start)
    }

    /// The regular files below a folder at the tip of a branch, by path, at most `most` of them. Links and files whose
    /// paths are no UTF-8 are left out. Empty if the branch or the folder does not exist.
    ///
    /// # Errors
    /// Where git refuses.
    pub async fn files_at(
        &self,
        branch: &str,
        folder: &str,
        most: usize,
    ) -> Result<Vec<BranchFile>, WorkspaceError> {
        branch_files::list(&self.common, branch, folder, most).await
    }

    /// A text file at the tip of a branch, at most `most` bytes of it; `None` if the branch has no such file, or it is no
    /// text.
    ///
    /// # Errors
    /// Where git refuses.
    pub async fn text_at(
        &self,
        branch: &str,
        path: &str,
        most: usize,
    ) -> Result<Option<String>, WorkspaceError> {
        branch_files::read(&self.common, branch, path, most).await
    }

    /// Moves a branch that collects work to the tip of another branch, which contains it. False: the other branch does
    /// not exist or does not contain it, and nothing was changed.
    ///
    /// # Errors
    /// Where git refuses.
    pub async fn advance_branch(&self, branch: &str, to: &str) -> Result<bool, WorkspaceError> {
        let _lock = Lock::repository(&self.common).await?;
        let Some(to) = entry::tip(&self.common, to).await? else { return Ok(false) };
        let Some(from) = entry::tip(&self.common, branch).await? else { return Ok(false) };
        if from == to {
            return Ok(true);
        }
        if !commits::is_ancestor(&self.common, &from, &to).await? {
            return Ok(false);
        }
        commits::move_branch(&self.common, branch, &to, Some(&from)).await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::is_branch_name;

    #[test]
    fn name_that_git_would_read_as_more_than_a_branch_is_refused() {
        for good in ["main", "jackfield/cards/move-the-till", "release-1.2", "a/b_c"] {
            assert!(is_branch_name(good), "{good}");
        }
        for bad in [
            "", "-b", "a/-b", "a..b", "a@{1}", "HEAD^", "a b", "/a", "a/", "a//b", ".a", "a.lock", "a\nb",
            "ä",
        ] {
            assert!(!is_branch_name(bad), "{bad}");
        }
    }
}
