//! What an agent put into the stash, which belongs to the repository and not to its worktree.
//!
//! Each entry of the agent's becomes a branch beside the attempt's and leaves the stash, so that the user's own
//! list is as it was. An entry is the agent's when it names a branch that the worktree was on, or was made
//! from a commit that the worktree was at while it was on none; nobody else can be on the attempt's branch.

use crate::git::Git;
use crate::leftovers::plain;
use crate::lock::Lock;
use crate::points::Points;
use crate::{Commit, Leftover, LeftoverKind, WorkspaceError, Worktree, WorktreeKind, commits, entry};
use std::collections::HashSet;

const STASH: &str = "refs/stash";
const READ: &str = "read the stash";

/// One entry of the stash, or what would have become one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    commit: Commit,
    parent: String,
    /// Seconds since 1970.
    at: i64,
    subject: String,
}

/// Whether there is anything in the stash of the repository, or put aside, or taken from there before. Where there is
/// not, nothing is to be taken or listed.
pub(crate) fn is_of_use(worktree: &Worktree, points: &Points) -> bool {
    let rebasing = ["rebase-merge", "rebase-apply"].iter().any(|name| worktree.admin.join(name).exists());
    worktree.kind == WorktreeKind::Git
        && (points.has_stash || points.has_stashed || points.put_aside.is_some() || rebasing)
}

/// Moves the agent's entries of the stash to branches of their own, and lists these.
///
/// To be called before the worktree is put in order: what a rebase or a merge has put aside is taken too.
///
/// # Errors
/// Where git refuses; no entry is gone then that has no branch.
pub(crate) async fn take(worktree: &Worktree) -> Result<Vec<Leftover>, WorkspaceError> {
    let lock = Lock::repository(&worktree.repository).await?;
    let mut own = set_aside_by_git(worktree).await?;
    let entries = entries(worktree).await?;
    if !entries.is_empty() {
        let been = Been::read(worktree).await?;
        own.extend(entries.iter().filter(|entry| been.made(entry)).cloned());
    }
    let mut done = HashSet::new();
    for entry in own {
        if done.insert(entry.commit.clone()) {
            give_branch(worktree, &entry).await?;
            drop_entry(worktree, &entry.commit, &entries).await?;
        }
    }
    drop(lock);
    list(worktree).await
}

/// The branches that entries of this attempt have become, now or when it was captured before.
async fn list(worktree: &Worktree) -> Result<Vec<Leftover>, WorkspaceError> {
    let listing = common(worktree, "list what was stashed")
        .arguments(["for-each-ref", "--format=%(refname:short)%09%(objectname)%09%(contents:subject)"])
        .argument(format!("{}-stash-*", worktree.reference()))
        .run()
        .await?;
    let mut leftovers = Vec::new();
    for line in String::from_utf8_lossy(&listing).lines() {
        let mut fields = line.splitn(3, '\t').map(str::to_owned);
        let (Some(branch), Some(commit)) = (fields.next(), fields.next()) else { continue };
        leftovers.push(Leftover {
            kind: LeftoverKind::Stash,
            what: format!("'{}'", plain(&fields.next().unwrap_or_default())),
            files: files(worktree, &commit).await,
            bytes: 0,
            get: Some(format!("git stash apply {branch}")),
            kept: Some(branch),
            why: "the agent stashed it and did not apply it".to_owned(),
        });
    }
    Ok(leftovers)
}

fn common(worktree: &Worktree, what: &str) -> Git {
    Git::to(what, &worktree.repository).with("GIT_DIR", &worktree.repository)
}

fn own(worktree: &Worktree, what: &str) -> Git {
    Git::to(what, &worktree.path).with("GIT_DIR", &worktree.admin).with("GIT_WORK_TREE", &worktree.path)
}

/// What an unfinished rebase or merge has put aside by itself (`--autostash`).
async fn set_aside_by_git(worktree: &Worktree) -> Result<Vec<Entry>, WorkspaceError> {
    if !worktree.is_there() || !worktree.admin.is_dir() {
        return Ok(Vec::new());
    }
    let mut own_entries = Vec::new();
    let merging = own(worktree, READ)
        .arguments(["rev-parse", "--verify", "--quiet", "MERGE_AUTOSTASH^{commit}"])
        .ask()
        .await?;
    if let Ok(commit) = Commit::try_from(String::from_utf8_lossy(&merging.stdout).trim().to_owned()) {
        own_entries.push(Entry { commit, parent: String::new(), at: 0, subject: "autostash".to_owned() });
    }
    let before = entries(worktree).await?;
    // Without a rebase it refuses, and nothing is the matter.
    let quit = own(worktree, "end the rebase").arguments(["rebase", "--quit"]).ask().await?;
    if quit.code == Some(0) {
        let after = entries(worktree).await?;
        own_entries.extend(after.into_iter().filter(|entry| !before.contains(entry)).take(1));
    }
    Ok(own_entries)
}

async fn entries(worktree: &Worktree) -> Result<Vec<Entry>, WorkspaceError> {
    let there = common(worktree, READ).arguments(["rev-parse", "--verify", "--quiet", STASH]).ask().await?;
    if there.code != Some(0) {
        return Ok(Vec::new());
    }
    let listing = common(worktree, READ)
        .arguments(["log", "--walk-reflogs", "--no-show-signature", "--format=%H%x09%P%x09%ct%x09%gs", STASH])
        .argument("--")
        .run()
        .await?;
    let text = String::from_utf8_lossy(&listing).into_owned();
    text.lines().filter(|line| !line.is_empty()).map(parsed).collect()
}

fn parsed(line: &str) -> Result<Entry, WorkspaceError> {
    let unreadable = || WorkspaceError::Git { what: READ.to_owned(), said: format!("it listed '{line}'") };
    let mut fields = line.splitn(4, '\t');
    let mut next = || fields.next().ok_or_else(unreadable);
    let commit = Commit::try_from(next()?.to_owned()).map_err(|_| unreadable())?;
    let parent = next()?.split(' ').next().unwrap_or_default().to_owned();
    let at = next()?.parse().map_err(|_| unreadable())?;
    Ok(Entry { commit, parent, at, subject: next()?.to_owned() })
}

/// Where the worktree has been.
struct Been {
    base: String,
    /// Branches, the attempt's own among them.
    branches: HashSet<String>,
    commits: HashSet<String>,
    /// It stood on no branch at some time.
    detached: bool,
    /// Since when there is a worktree, seconds since 1970.
    since: i64,
}

impl Been {
    async fn read(worktree: &Worktree) -> Result<Self, WorkspaceError> {
        let mut been = Self {
            base: worktree.base.to_string(),
            branches: HashSet::from([worktree.branch.clone()]),
            commits: HashSet::from([worktree.base.to_string()]),
            detached: false,
            since: i64::MAX,
        };
        if !worktree.admin.is_dir() {
            return Ok(been);
        }
        let log = Git::to("read where a worktree has been", &worktree.repository)
            .with("GIT_DIR", &worktree.admin)
            .arguments(["reflog", "show", "--date=unix", "--format=%H%x09%gd%x09%gs", "HEAD", "--"])
            .ask()
            .await?;
        for line in String::from_utf8_lossy(&log.stdout).lines() {
            let mut fields = line.splitn(3, '\t');
            been.commits.extend(fields.next().map(str::to_owned));
            let at = fields.next().and_then(|at| at.split(['{', '}']).nth(1)?.parse::<i64>().ok());
            been.since = been.since.min(at.unwrap_or(i64::MAX));
            let subject = fields.next().unwrap_or_default();
            let to =
                subject.strip_prefix("checkout: moving from ").and_then(|moved| moved.split_once(" to "));
            if let Some((_, to)) = to {
                been.branches.insert(to.to_owned());
            }
            been.detached |= to.is_some() || subject.starts_with("rebase");
        }
        Ok(been)
    }

    fn made(&self, entry: &Entry) -> bool {
        let about = ["WIP on ", "On "].iter().find_map(|word| entry.subject.strip_prefix(word));
        let early = entry.at < self.since;
        // No branch has a colon in its name, so the first one ends it.
        let Some((branch, _)) = about.and_then(|about| about.split_once(':')) else {
            // It was given words of its own: only a commit that nobody else was at tells whose it is.
            return !early && entry.parent != self.base && self.commits.contains(&entry.parent);
        };
        match branch {
            "(no branch)" => self.detached && !early && self.commits.contains(&entry.parent),
            branch => self.branches.contains(branch) && (!early || self.since == i64::MAX),
        }
    }
}

/// Points a branch at an entry.
async fn give_branch(worktree: &Worktree, entry: &Entry) -> Result<(), WorkspaceError> {
    for number in 1_u32.. {
        let branch = format!("{}-stash-{number}", worktree.branch);
        match entry::tip(&worktree.repository, &branch).await? {
            Some(tip) if tip == entry.commit => return Ok(()),
            Some(_) => {}
            None => return commits::move_branch(&worktree.repository, &branch, &entry.commit, None).await,
        }
    }
    Ok(())
}

/// How many files an entry is about: changed ones, and those that were in no commit.
async fn files(worktree: &Worktree, commit: &str) -> u64 {
    let count = async |arguments: Vec<String>| {
        let answer = common(worktree, READ).arguments(arguments).ask().await;
        answer.map_or(0, |answer| answer.stdout.iter().filter(|byte| **byte == 0).count() as u64)
    };
    let names = |arguments: &[&str]| arguments.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let (before, untracked) = (format!("{commit}^1"), format!("{commit}^3"));
    count(names(&["diff-tree", "-r", "-z", "--name-only", "--no-ext-diff", &before, commit])).await
        + count(names(&["ls-tree", "-r", "-z", "--name-only", &untracked])).await
}

/// How often is tried to take an entry off a stash that somebody else changes at the same time.
const TRIES: u32 = 3;

/// Takes one entry off the stash. `before` is what was in it: where somebody else changed it meanwhile so that
/// another entry went, that is put back.
async fn drop_entry(worktree: &Worktree, commit: &Commit, before: &[Entry]) -> Result<(), WorkspaceError> {
    let what = "take an entry off the stash";
    for _ in 0..TRIES {
        let now = entries(worktree).await?;
        let Some(number) = now.iter().position(|entry| entry.commit == *commit) else { return Ok(()) };
        if now.len() == 1 {
            // The reference outlives its last entry, so it goes itself, if it still is what it was.
            let last = common(worktree, what).arguments(["update-ref", "-d", STASH, commit.as_str()]);
            if last.ask().await?.code == Some(0) {
                return Ok(());
            }
            continue;
        }
        let entry = format!("stash@{{{number}}}");
        let delete = common(worktree, what);
        delete.arguments(["reflog", "delete", "--updateref", "--rewrite", &entry]).run().await?;
        let after = entries(worktree).await?;
        if !after.iter().any(|entry| entry.commit == *commit) {
            return Ok(());
        }
        for gone in before.iter().filter(|entry| now.contains(entry) && !after.contains(entry)) {
            let store = common(worktree, "put an entry back on the stash");
            let store = store.arguments(["update-ref", "--create-reflog", "-m", &gone.subject, STASH]);
            store.argument(gone.commit.as_str()).run().await?;
        }
    }
    let said = "another process changes it at the same time".to_owned();
    Err(WorkspaceError::Git { what: what.to_owned(), said })
}
