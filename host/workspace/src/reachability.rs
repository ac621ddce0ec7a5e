//! The proof that no commit goes with a worktree: all that it alone knows of must be in a branch or
//! another reference that stays.
//!
//! The branch of the attempt is not all of it. What an agent amended, rebased or reset away stands in the
//! log of the worktree's HEAD and in nothing else, and that log goes with the worktree. Such commits are
//! given a branch of their own before. Where git cannot answer, nothing is proved.

use crate::git::Git;
use crate::save::Saved;
use crate::{Commit, WorkspaceError, Worktree, WorktreeKind, commits, entry};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;

const READ: &str = "read where a worktree has been";
const PROVE: &str = "prove that no commit is lost";

/// References that belong to one worktree and go with it.
const OWN: [&str; 3] = ["refs/bisect/*", "refs/worktree/*", "refs/rewritten/*"];

/// Makes sure that every commit that the worktree knows of is reachable from a reference that stays when it
/// goes, and its branch too where that has no change. The answer is the branch that was made for those that
/// were not, now or when the attempt ended. To be called when what is uncommitted was saved.
///
/// # Errors
/// Where git does not answer: then nothing is proved, and the worktree must stay.
pub(crate) async fn secure(worktree: &Worktree) -> Result<Option<String>, WorkspaceError> {
    let tip = entry::tip(&worktree.repository, &worktree.branch).await?;
    let unchanged = tip.as_ref().is_none_or(|tip| tip == &worktree.base);
    if worktree.kind == WorktreeKind::Copy && unchanged {
        // Its repository knows nothing but the folder as it was.
        return Ok(None);
    }
    give_branch(Proof { worktree, known: known(worktree).await?, branch_goes: unchanged, beside: None })
        .await?;
    let earlier = earlier(worktree);
    Ok(entry::tip(&worktree.repository, &earlier).await?.map(|_| earlier))
}

/// The same for an attempt that has just ended: the branch that was made for commits of the agent's own that no
/// other reference reaches, now or before, and how many they are. What the base reaches is not the agent's.
///
/// # Errors
/// Where git does not answer.
pub(crate) async fn secure_made(
    worktree: &Worktree,
    saved: &Saved,
    has_earlier: bool,
) -> Result<Option<(String, u64)>, WorkspaceError> {
    // Of a copy, the agent does not see the repository.
    if worktree.kind == WorktreeKind::Copy || (!has_earlier && is_told_by_logs(worktree, saved)?) {
        return Ok(None);
    }
    let known = known(worktree).await?;
    let proof = Proof { worktree, known, branch_goes: false, beside: Some(&worktree.base) };
    if !proof.is_plain().await? {
        give_branch(proof).await?;
    }
    let earlier = earlier(worktree);
    let Some(tip) = entry::tip(&worktree.repository, &earlier).await? else { return Ok(None) };
    let count = Git::to(PROVE, &worktree.repository)
        .with("GIT_DIR", &worktree.repository)
        .arguments(["rev-list", "--count", tip.as_str(), "--not", worktree.base.as_str()])
        .arguments(entry::tip(&worktree.repository, &worktree.branch).await?.as_ref().map(Commit::as_str))
        .line()
        .await?;
    Ok(Some((earlier, count.parse().unwrap_or(1))))
}

/// Whether the logs name no commit but those that the branch is known to reach, so that git need not be asked.
fn is_told_by_logs(worktree: &Worktree, saved: &Saved) -> Result<bool, WorkspaceError> {
    let own = ["refs/bisect", "refs/worktree", "refs/rewritten", "reftable"];
    if !saved.aligned || own.iter().any(|name| worktree.admin.join(name).symlink_metadata().is_ok()) {
        return Ok(false);
    }
    for (folder, reference) in
        [(&worktree.admin, "HEAD".to_owned()), (&worktree.repository, worktree.reference())]
    {
        let Some(log) = log(folder, &reference)? else { return Ok(false) };
        let reached = |commit: &Commit| {
            [&worktree.base, &saved.head].into_iter().chain(&saved.before).any(|other| other == commit)
        };
        if !log.iter().all(reached) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn earlier(worktree: &Worktree) -> String {
    format!("{}-earlier", worktree.branch)
}

async fn give_branch(proof: Proof<'_>) -> Result<(), WorkspaceError> {
    let worktree = proof.worktree;
    let lost = proof.unreachable().await?;
    if lost.is_empty() {
        return Ok(());
    }
    anchor(worktree, &earlier(worktree), &lost).await?;
    match proof.unreachable().await?.len() {
        0 => Ok(()),
        left => {
            let said = format!("{left} commits of the attempt are in no branch");
            Err(WorkspaceError::Git { what: "keep all commits of a worktree".to_owned(), said })
        }
    }
}

struct Proof<'a> {
    worktree: &'a Worktree,
    known: Vec<Commit>,
    /// The branch of the attempt goes with the worktree, so that it proves nothing.
    branch_goes: bool,
    /// What this commit reaches needs no proof.
    beside: Option<&'a Commit>,
}

/// A commit that no reference reaches, with its parents.
struct Lost {
    commit: Commit,
    parents: Vec<Commit>,
}

impl Proof<'_> {
    /// Whether the branch and the base reach all of it, which is told without looking at other references.
    async fn is_plain(&self) -> Result<bool, WorkspaceError> {
        let known: String = self.known.iter().flat_map(|commit| [commit.as_str(), "\n"]).collect();
        let listing = Git::to(PROVE, &self.worktree.repository)
            .with("GIT_DIR", self.worktree.git_folder())
            .arguments(["rev-list", "--max-count=1", "--stdin"])
            .arguments(own_references())
            .argument("--not")
            .arguments(
                entry::tip(&self.worktree.repository, &self.worktree.branch)
                    .await?
                    .as_ref()
                    .map(Commit::as_str),
            )
            .arguments(self.beside.map(Commit::as_str))
            .reading(known)
            .run()
            .await?;
        Ok(listing.is_empty())
    }

    /// Commits that the worktree knows of and no reference that stays reaches.
    async fn unreachable(&self) -> Result<Vec<Lost>, WorkspaceError> {
        let stays = OWN.iter().map(|own| format!("--exclude={own}"));
        let branch = self.branch_goes.then(|| format!("--exclude={}", self.worktree.reference()));
        let known: String = self.known.iter().flat_map(|commit| [commit.as_str(), "\n"]).collect();
        let listing = Git::to(PROVE, &self.worktree.repository)
            .with("GIT_DIR", self.worktree.git_folder())
            .arguments(["rev-list", "--parents", "--stdin"])
            .arguments(own_references())
            .argument("--not")
            .arguments(stays.chain(branch))
            .argument("--glob=refs/*")
            .arguments(self.beside.map(Commit::as_str))
            .reading(known)
            .run()
            .await?;
        String::from_utf8_lossy(&listing).lines().map(lost).collect()
    }
}

fn lost(line: &str) -> Result<Lost, WorkspaceError> {
    let mut ids = line.split(' ').map(|id| Commit::try_from(id.to_owned()));
    let unreadable = || WorkspaceError::Git { what: PROVE.to_owned(), said: format!("it listed '{line}'") };
    let commit = ids.next().and_then(Result::ok).ok_or_else(unreadable)?;
    Ok(Lost { commit, parents: ids.collect::<Result<_, _>>().map_err(|_| unreadable())? })
}

fn own_references() -> impl Iterator<Item = String> {
    OWN.iter().map(|own| format!("--glob={own}"))
}

/// Every commit that HEAD of the worktree or the branch of the attempt has ever been at, as far as that was
/// logged.
async fn known(worktree: &Worktree) -> Result<Vec<Commit>, WorkspaceError> {
    let branch = entry::tip(&worktree.repository, &worktree.branch).await?.map(|_| worktree.reference());
    let mut known: HashSet<Commit> = HashSet::new();
    for (folder, reference) in worktree
        .has_own_git_folder()
        .then(|| (worktree.admin.as_path(), "HEAD".to_owned()))
        .into_iter()
        .chain(branch.map(|branch| (worktree.repository.as_path(), branch)))
    {
        let is = Git::to(READ, &worktree.repository).with("GIT_DIR", folder).arguments([
            "rev-parse",
            "--verify",
            &format!("{reference}^{{commit}}"),
        ]);
        known.insert(is.commit().await?);
        known.extend(was(worktree, folder, &reference).await?);
    }
    Ok(known.into_iter().collect())
}

/// Where a reference has been. The log is read as the file that it is, because git passes over entries whose
/// commits are missing, and then nothing would be proved; where it is no file, git is asked.
async fn was(worktree: &Worktree, folder: &Path, reference: &str) -> Result<Vec<Commit>, WorkspaceError> {
    if let Some(was) = log(folder, reference)? {
        return Ok(was);
    }
    let git = Git::to(READ, &worktree.repository).with("GIT_DIR", folder);
    let log = git.arguments(["reflog", "show", "--format=%H", reference, "--"]).run().await?;
    commits_in(folder, &log)
}

/// The commits in the file of a log; `None` where there is no such file.
fn log(folder: &Path, reference: &str) -> Result<Option<Vec<Commit>>, WorkspaceError> {
    let file = folder.join("logs").join(reference);
    match fs::read(&file) {
        Ok(log) => commits_in(&file, &log).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(WorkspaceError::file("read", &file)(error)),
    }
}

fn commits_in(file: &Path, log: &[u8]) -> Result<Vec<Commit>, WorkspaceError> {
    let mut was = Vec::new();
    for line in log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        // From where, to where, who, when and why; git prints the second alone.
        let ids = String::from_utf8_lossy(line);
        for id in ids.split(' ').take(2).filter(|id| id.bytes().any(|digit| digit != b'0')) {
            was.push(commit_in(file, id)?);
        }
    }
    Ok(was)
}

fn commit_in(log: &Path, id: &str) -> Result<Commit, WorkspaceError> {
    Commit::try_from(id.to_owned()).map_err(|error| WorkspaceError::Git {
        what: READ.to_owned(),
        said: format!("{} does not read: {error}", log.display()),
    })
}

/// Points a branch at everything that is lost: at its end, or at a commit that joins its ends.
async fn anchor(worktree: &Worktree, branch: &str, lost: &[Lost]) -> Result<(), WorkspaceError> {
    let inner: HashSet<&Commit> = lost.iter().flat_map(|lost| &lost.parents).collect();
    let ends = lost.iter().map(|lost| &lost.commit).filter(|commit| !inner.contains(commit));
    let before = entry::tip(&worktree.repository, branch).await?;
    let ends: Vec<Commit> = ends.chain(&before).cloned().collect();
    let to = match ends.as_slice() {
        [only] => only.clone(),
        [first, ..] => {
            let tree = commits::tree_of(&worktree.repository, first).await?;
            let message = format!(
                "What attempt {} had gone back on\n\nThe files are those of its first parent.\n\nRun: {}\n",
                worktree.attempt, worktree.run
            );
            commits::make(&worktree.repository, &tree, &ends, &message).await?
        }
        [] => return Ok(()),
    };
    commits::move_branch(&worktree.repository, branch, &to, before.as_ref()).await
}
