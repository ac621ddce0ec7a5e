//! Where the branch and HEAD of a worktree are before anything is saved, and what a commit must descend from.

use crate::git::Git;
use crate::{Commit, WorkspaceError, Worktree, commits};

/// Where things point before anything is saved.
pub(crate) struct Points {
    /// What HEAD of the worktree is.
    head: Option<Point>,
    /// The end of the attempt's branch.
    pub(crate) tip: Option<Point>,
    /// What was being merged.
    pub(crate) merging: Option<Commit>,
    /// What an unfinished merge has put aside.
    pub(crate) put_aside: Option<Commit>,
    /// Something is in the stash of the repository.
    pub(crate) has_stash: bool,
    /// Entries of the stash have become branches beside the attempt's, and the first of them is there.
    pub(crate) has_stashed: bool,
    /// Earlier commits of the attempt were given a branch.
    pub(crate) has_earlier: bool,
}

/// A commit, and its tree of files.
#[derive(Clone)]
pub(crate) struct Point {
    pub(crate) commit: Commit,
    pub(crate) tree: String,
}

/// What a commit descends from.
pub(crate) enum Parents {
    /// This commit holds everything already.
    Nothing(Commit),
    /// A commit with these parents is needed.
    Commit(Vec<Commit>),
}

impl Points {
    /// Reads them all with one question to git.
    pub(crate) async fn read(worktree: &Worktree) -> Result<Self, WorkspaceError> {
        let (git_folder, own) = (worktree.git_folder(), worktree.has_own_git_folder());
        let branch = worktree.reference();
        let asked = [
            format!("{branch}^{{commit}}\n{branch}^{{tree}}\nHEAD^{{commit}}\nHEAD^{{tree}}\n"),
            "MERGE_HEAD^{commit}\nMERGE_AUTOSTASH^{commit}\nrefs/stash\n".to_owned(),
            format!("{branch}-stash-1\n{branch}-earlier\n"),
        ];
        let answer = Git::to("read where the branch and HEAD are", &worktree.repository)
            .with("GIT_DIR", git_folder)
            .arguments(["cat-file", "--batch-check=%(objectname)"])
            .reading(asked.concat())
            .run()
            .await?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        if answer.lines().count() != 9 {
            let what = "read where the branch and HEAD are".to_owned();
            return Err(WorkspaceError::Git { what, said: "its answer is not complete".to_owned() });
        }
        let mut ids = answer.lines().map(|line| Commit::try_from(line.to_owned()).ok());
        let mut next = || ids.next().flatten();
        let mut point = || {
            Some((next(), next()))
                .and_then(|(commit, tree)| Some(Point { commit: commit?, tree: tree?.into() }))
        };
        let (tip, head) = (point(), point());
        // Without a git folder of its own the worktree borrows the repository's, where these are the user's.
        let (head, merging, put_aside) =
            (head.filter(|_| own), next().filter(|_| own), next().filter(|_| own));
        let (has_stash, has_stashed, has_earlier) = (next().is_some(), next().is_some(), next().is_some());
        Ok(Self { head, tip, merging, put_aside, has_stash, has_stashed, has_earlier })
    }

    /// What the files were before they were changed: HEAD, or the branch, or the base.
    pub(crate) async fn start(&self, worktree: &Worktree) -> Result<Point, WorkspaceError> {
        if let Some(point) = self.head.as_ref().or(self.tip.as_ref()) {
            return Ok(point.clone());
        }
        let commit = worktree.base.clone();
        let tree = commits::tree_of(&worktree.repository, &commit).await?;
        Ok(Point { commit, tree })
    }

    /// What the commit must descend from, so that nothing is lost.
    pub(crate) async fn parents(
        &self,
        worktree: &Worktree,
        start: &Commit,
        clean: bool,
        merging: Option<Commit>,
    ) -> Result<Parents, WorkspaceError> {
        let older =
            async |one: &Commit, other: &Commit| commits::is_ancestor(&worktree.repository, one, other).await;
        let mut parents = match self.tip.as_ref().map(|tip| &tip.commit) {
            None => vec![start.clone()],
            Some(tip) if older(tip, start).await? => vec![start.clone()],
            // The agent stands on something older than its branch: it looked around, or took steps back.
            Some(tip) if older(start, tip).await? => vec![tip.clone()],
            // It stands elsewhere without having done anything there.
            Some(tip) if clean && older(start, &worktree.base).await? => vec![tip.clone()],
            Some(tip) => vec![start.clone(), tip.clone()],
        };
        if let Some(other) = merging {
            parents.push(other);
        }
        match parents.as_slice() {
            [only] if clean => Ok(Parents::Nothing(only.clone())),
            _ => Ok(Parents::Commit(parents)),
        }
    }
}
