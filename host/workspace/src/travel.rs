//! Work that travels: what a workspace has committed goes to another machine, and what was done there comes
//! back as a branch. Both go as git bundles, of which each side takes the one reference that it expects.

use crate::git::{self, Git};
use crate::lock::Lock;
use crate::{Bounds, Commit, Repository, WorkspaceError, entry, guarded, shallow};
use std::fs;
use std::path::Path;

/// What a bundle of a repository's checked-out commit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packed {
    /// The other side has it already.
    Known(Commit),
    /// It is in the file.
    Written(Commit),
}

impl Repository {
    /// Writes what is checked out now, with its history, to `file`; without what `known`, a commit that the other
    /// side has, already reaches. What is not committed stays here.
    ///
    /// # Errors
    /// Where there is no commit yet, or git refuses.
    pub async fn pack(&self, known: Option<&Commit>, file: &Path) -> Result<Packed, WorkspaceError> {
        let what = "pack the repository";
        let crate::source::Checkout { head, .. } = crate::source::checkout(&self.top, &self.common).await?;
        let head = head.ok_or_else(|| WorkspaceError::Git {
            what: what.to_owned(),
            said: "it has no commit yet".to_owned(),
        })?;
        if known == Some(&head) {
            return Ok(Packed::Known(head));
        }
        let git = Git::to(what, &self.top)
            .arguments(["bundle", "create", "--quiet"])
            .argument(file)
            .argument("HEAD");
        let git = match known {
            Some(known) if self.has(known).await? => git.argument(format!("^{known}")),
            _ => git,
        };
        guarded::within(&self.top, &self.common, git.run()).await?;
        shallow::tell(&self.top, file).await?;
        Ok(Packed::Written(head))
    }

    async fn has(&self, commit: &Commit) -> Result<bool, WorkspaceError> {
        let object = format!("{commit}^{{commit}}");
        let answer =
            Git::to("look for a commit", &self.top).arguments(["cat-file", "-e", &object]).ask().await?;
        Ok(answer.code == Some(0))
    }

    /// Takes the one branch in the bundle in `file` as the branch `ours`, with all that it needs beyond what is
    /// here. A branch of that name that is here already goes forward, or stays.
    ///
    /// # Errors
    /// Where the bundle is not whole, not of one branch, or not based on what is here.
    pub async fn unpack(&self, file: &Path, ours: &str) -> Result<Commit, WorkspaceError> {
        let _lock = Lock::repository(&self.common).await?;
        let what = "take the branch of another machine";
        let refused = |said: String| WorkspaceError::Git { what: what.to_owned(), said };
        let heads = Git::to(what, &self.top).arguments(["bundle", "list-heads"]).argument(file).run().await?;
        let heads = String::from_utf8_lossy(&heads).into_owned();
        let mut names = heads.lines().filter_map(|line| line.split_once(' ').map(|(_, name)| name));
        let theirs = match (names.next(), names.next()) {
            (Some(name), None) if name.starts_with("refs/heads/") => name.to_owned(),
            _ => return Err(refused("it was sent something else than one branch".to_owned())),
        };
        Git::to(what, &self.top)
            .set("transfer.fsckObjects=true")
            .arguments(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--"])
            .argument(file)
            .argument(format!("{theirs}:refs/heads/{ours}"))
            .run()
            .await?;
        entry::tip(&self.common, ours).await?.ok_or_else(|| refused(format!("{ours} is not there")))
    }
}

/// Writes the commits of a branch that `base` does not reach to `file`. False: there are none.
///
/// # Errors
/// Where git refuses.
pub async fn pack_branch(
    repository: &Path,
    branch: &str,
    base: &Commit,
    file: &Path,
) -> Result<bool, WorkspaceError> {
    match entry::tip(repository, branch).await? {
        None => return Ok(false),
        Some(tip) if tip == *base => return Ok(false),
        Some(_) => {}
    }
    Git::to("pack the branch", repository)
        .with("GIT_DIR", repository)
        .arguments(["bundle", "create", "--quiet"])
        .argument(file)
        .arguments([format!("refs/heads/{branch}"), format!("^{base}")])
        .run()
        .await?;
    Ok(true)
}

/// The commit that a copy stands at; none: there is no copy yet.
///
/// # Errors
/// Where there is something else in its place.
pub async fn copy_stands_at(folder: &Path) -> Result<Option<Commit>, WorkspaceError> {
    if !folder.join(".git").is_dir() {
        return Ok(None);
    }
    let git = Git::to("look at the copy of the repository", folder);
    let answer = git.arguments(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).ask().await?;
    Ok(Commit::try_from(String::from_utf8_lossy(&answer.stdout).trim().to_owned()).ok())
}

/// Brings the copy of a repository to a commit: made where there is none, with what the bundle holds.
///
/// # Errors
/// Where the bundle is not whole, or the file system refuses.
pub async fn bring_copy(folder: &Path, bundle: Option<&Path>, to: &Commit) -> Result<(), WorkspaceError> {
    fs::create_dir_all(folder).map_err(WorkspaceError::file("make the folder", folder))?;
    let what = "copy the repository";
    if !folder.join(".git").is_dir() {
        let format = if to.as_str().len() == 64 { "--object-format=sha256" } else { "--object-format=sha1" };
        Git::to(what, folder).arguments(["init", "--quiet", format]).run().await?;
    }
    let folder = folder.canonicalize().map_err(WorkspaceError::file("read", folder))?;
    let _lock = Lock::repository(&folder.join(".git")).await?;
    if let Some(bundle) = bundle {
        shallow::heed(&folder, bundle).await?;
        Git::to(what, &folder)
            .set("transfer.fsckObjects=true")
            .arguments(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--"])
            .argument(bundle)
            .argument("+HEAD:refs/jackfield/source")
            .run()
            .await?;
    }
    let checkout = Git::to(what, &folder)
        .filtered()
        .arguments(["checkout", "--quiet", "--force", "--detach", to.as_str()])
        .run();
    // Filters may fetch what they write.
    let bounds = Bounds::new(tokio::time::Instant::now() + git::TIMEOUT, None);
    bounds.hold(guarded::within(&folder, &folder.join(".git"), checkout)).await.map(drop)
}
