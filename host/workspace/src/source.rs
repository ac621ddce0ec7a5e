//! What a workspace is: a git repository, a folder inside one, or a plain folder.

use crate::git::Git;
use crate::standing::Standing;
use crate::{Commit, WorkspaceError, guarded};
use serde::{Deserialize, Serialize};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What attempts are given worktrees of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A git repository, or a folder inside one.
    Git(Repository),
    /// A folder that no repository knows: it is copied for each attempt.
    Folder {
        /// Absolute, without symlinks.
        path: PathBuf,
    },
}

/// A git repository with files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// The top of its files.
    pub top: PathBuf,
    /// The folder that was asked for, relative to `top`; empty where it is `top` itself.
    pub subpath: PathBuf,
    /// Its git folder, which all its worktrees share.
    pub common: PathBuf,
    /// What is checked out; nothing where there is no commit yet (attempts start empty then).
    pub head: Option<Commit>,
    /// The branch that is checked out, without `refs/heads/`; nothing where HEAD is detached.
    pub branch: Option<String>,
    /// There are changes that are not committed, untracked files included.
    pub dirty: bool,
}

impl Source {
    /// The folder that was asked for.
    pub fn path(&self) -> PathBuf {
        match self {
            Self::Git(repository) => repository.top.join(&repository.subpath),
            Self::Folder { path } => path.clone(),
        }
    }
}

/// What the folder at `path` is.
///
/// A path inside a repository is that repository, with the path kept as `subpath`.
///
/// # Errors
/// Where there is no such folder, or it may not be read; where it is a bare repository, or git's
/// own folder; where git does not trust its owner.
pub async fn source(path: &Path) -> Result<Source, WorkspaceError> {
    let found = locate(path).await?;
    let Source::Git(mut repository) = found else { return Ok(found) };
    let Checkout { head, branch, dirty } = checkout(&repository.top, &repository.common).await?;
    (repository.head, repository.branch, repository.dirty) = (head, branch, dirty);
    Ok(Source::Git(repository))
}

/// The same without a look at the files: `head`, `branch` and `dirty` are not known. Git runs no command of the
/// repository's configuration for it.
///
/// # Errors
/// As [`source`].
pub async fn locate(path: &Path) -> Result<Source, WorkspaceError> {
    let folder = folder(path)?;
    if !is_near_git(&folder) {
        return Ok(Source::Folder { path: folder });
    }
    let standing = Standing::look(&folder).await;
    if let Some(known) = standing.as_ref().filter(|standing| standing.is_known()) {
        return Ok(in_repository(&folder, known.top().to_owned(), known.common()));
    }
    let found = ask(folder).await?;
    if let (Some(standing), Source::Git(repository)) = (standing, &found) {
        standing.remember(&repository.top, &repository.common).await;
    }
    Ok(found)
}

/// What git says of a folder.
async fn ask(folder: PathBuf) -> Result<Source, WorkspaceError> {
    let what = "look for a repository";
    let answer = Git::to(what, &folder)
        .arguments(["rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--path-format=absolute"])
        .argument("--git-common-dir")
        .ask()
        .await?;
    if answer.code != Some(0) {
        // Git has no other way of saying it. A file `.git` that leads nowhere is told in other words.
        return if answer.said.contains("not a git repository (or any ") {
            Ok(Source::Folder { path: folder })
        } else if answer.said.contains("dubious ownership") {
            Err(WorkspaceError::NotTrusted(folder))
        } else {
            Err(answer.refused(what.to_owned()))
        };
    }
    let said = text(&folder, answer.stdout)?;
    // The path is last because it alone may hold a line break.
    let mut lines = said.splitn(3, '\n');
    let (bare, inside) = (lines.next() == Some("true"), lines.next() == Some("true"));
    let common = lines.next().map(chomp).filter(|path| !path.is_empty()).ok_or_else(|| cut_short(what))?;
    let common = real(Path::new(common))?;
    if !inside {
        return Err(if bare { WorkspaceError::Bare(folder) } else { WorkspaceError::InsideGit(folder) });
    }
    let top = Git::to("find the top of the repository", &folder)
        .arguments(["rev-parse", "--path-format=absolute", "--show-toplevel"])
        .run()
        .await?;
    let top = text(&folder, top)?;
    if chomp(&top).is_empty() {
        return Err(cut_short("find the top of the repository"));
    }
    let top = real(Path::new(chomp(&top)))?;
    Ok(in_repository(&folder, top, common))
}

/// The same for a folder that was found in the repository with these paths before: one short question to git where it
/// still is.
///
/// # Errors
/// As [`source`].
pub async fn locate_again(path: &Path, top: &Path, common: &Path) -> Result<Source, WorkspaceError> {
    let folder = folder(path)?;
    let known = Standing::look(&folder).await.filter(Standing::is_known);
    if known.is_some_and(|known| known.top() == top && known.common() == common) {
        return Ok(in_repository(&folder, top.to_owned(), common.to_owned()));
    }
    let answer = Git::to("find the repository again", &folder)
        .arguments(["rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir"])
        .ask()
        .await?;
    let lines = [top, common].map(|path| [path.as_os_str().as_bytes(), b"\n"].concat()).concat();
    if answer.code != Some(0) || answer.stdout != lines {
        return locate(path).await;
    }
    Ok(in_repository(&folder, top.to_owned(), common.to_owned()))
}

/// A folder in the repository with this top and git folder, without a look at its files.
fn in_repository(folder: &Path, top: PathBuf, common: PathBuf) -> Source {
    let subpath = folder.strip_prefix(&top).unwrap_or(Path::new("")).to_owned();
    Source::Git(Repository { top, subpath, common, head: None, branch: None, dirty: false })
}

/// How long filters may take to tell whether a file of the user's has changed: somebody waits for the answer, and
/// nothing but a warning hangs on it.
const GLANCE: Duration = Duration::from_secs(3);

/// What is checked out at the top of a repository, right now.
pub(crate) struct Checkout {
    pub(crate) head: Option<Commit>,
    pub(crate) branch: Option<String>,
    pub(crate) dirty: bool,
}

/// Git runs the user's filters where it cannot tell otherwise whether a file has changed. What is changed within a
/// submodule is not looked for: git would be started there, and run what is configured there.
pub(crate) async fn checkout(top: &Path, common: &Path) -> Result<Checkout, WorkspaceError> {
    let what = "read the state of the repository";
    let status = Git::to(what, top)
        .filtered_if_possible()
        .patience(GLANCE)
        .arguments(["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal"])
        .arguments(["--ignore-submodules=dirty"])
        .run();
    let listing = guarded::within(top, common, status).await?;
    let mut found = Checkout { head: None, branch: None, dirty: false };
    let mut headers = 0;
    for line in listing.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let line = String::from_utf8_lossy(line);
        headers += u8::from(line.starts_with("# branch.oid ") || line.starts_with("# branch.head "));
        if let Some(oid) = line.strip_prefix("# branch.oid ") {
            found.head = Commit::try_from(oid.to_owned()).ok();
        } else if let Some(name) = line.strip_prefix("# branch.head ") {
            found.branch = Some(name.to_owned()).filter(|name| name != "(detached)");
        } else if !line.starts_with('#') {
            found.dirty = true;
            break;
        }
    }
    // Without them a repository would be taken for one without a commit.
    if headers == 2 { Ok(found) } else { Err(cut_short(what)) }
}

fn cut_short(what: &str) -> WorkspaceError {
    WorkspaceError::Git { what: what.to_owned(), said: "its answer is not complete".to_owned() }
}

/// Whether git could find anything on its way up from a folder: an entry `.git`, or a folder that is a git folder itself.
/// Where there is neither, it need not be started.
fn is_near_git(folder: &Path) -> bool {
    let is_there = |path: PathBuf| {
        path.symlink_metadata().err().is_none_or(|error| error.kind() != io::ErrorKind::NotFound)
    };
    folder.ancestors().any(|above| {
        is_there(above.join(".git"))
            || ["HEAD", "objects", "refs"].iter().all(|part| is_there(above.join(part)))
    })
}

/// The folder itself, absolute and without symlinks, once it is known to be usable.
fn folder(path: &Path) -> Result<PathBuf, WorkspaceError> {
    let folder = real(path)?;
    let facts = folder.metadata().map_err(|error| unreadable(error, path))?;
    if !facts.is_dir() {
        return Err(WorkspaceError::NotAFolder(folder));
    }
    folder.read_dir().map_err(|error| unreadable(error, path))?;
    if folder.to_str().is_none() {
        return Err(WorkspaceError::NotText(folder));
    }
    Ok(folder)
}

fn real(path: &Path) -> Result<PathBuf, WorkspaceError> {
    path.canonicalize().map_err(|error| unreadable(error, path))
}

fn unreadable(error: io::Error, path: &Path) -> WorkspaceError {
    match error.kind() {
        io::ErrorKind::NotFound => WorkspaceError::NotFound(path.to_owned()),
        io::ErrorKind::NotADirectory => WorkspaceError::NotAFolder(path.to_owned()),
        io::ErrorKind::PermissionDenied => WorkspaceError::NoPermission(path.to_owned()),
        _ => WorkspaceError::file("read", path)(error),
    }
}

fn text(folder: &Path, bytes: Vec<u8>) -> Result<String, WorkspaceError> {
    String::from_utf8(bytes).map_err(|_| WorkspaceError::NotText(folder.to_owned()))
}

fn chomp(line: &str) -> &str {
    line.strip_suffix('\n').unwrap_or(line)
}
