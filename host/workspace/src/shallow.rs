//! Where the history of a shallow clone ends, told along with its bundle: git's own bundles do not say it, and
//! whoever takes one looks for commits that nobody has.
//!
//! It is told as references in the head of the bundle, which is text: `ID refs/jackfield/shallow/NUMBER`.

use crate::git::Git;
use crate::{Commit, WorkspaceError};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

const PREFIX: &str = "refs/jackfield/shallow/";

/// Where git keeps it. None: the history is whole.
async fn file(at: &Path) -> Result<Option<PathBuf>, WorkspaceError> {
    let what = "look where the history ends";
    let git = Git::to(what, at).arguments(["rev-parse", "--path-format=absolute", "--is-shallow-repository"]);
    let said = git.arguments(["--git-path", "shallow"]).line().await?;
    let Some((shallow, path)) = said.split_once('\n') else {
        return Err(WorkspaceError::Git {
            what: what.to_owned(),
            said: "its answer is not complete".to_owned(),
        });
    };
    Ok((shallow == "true").then(|| path.into()))
}

/// Adds to a bundle of the repository at `top` where the history ends, where it does.
pub(crate) async fn tell(top: &Path, bundle: &Path) -> Result<(), WorkspaceError> {
    let Some(file) = file(top).await? else { return Ok(()) };
    let ends = fs::read_to_string(&file).map_err(WorkspaceError::file("read", &file))?;
    let bundle = bundle.to_owned();
    let path = bundle.clone();
    let told = tokio::task::spawn_blocking(move || add(&path, &ends)).await;
    told.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(WorkspaceError::file("write", &bundle))
}

fn add(bundle: &Path, ends: &str) -> io::Result<()> {
    let next = bundle.with_extension("told");
    let (mut from, mut to) = (BufReader::new(File::open(bundle)?), File::create(&next)?);
    // `# v2 git bundle`, in later versions followed by lines that begin with `@`.
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line)?;
    to.write_all(&line)?;
    while from.fill_buf()?.first() == Some(&b'@') {
        line.clear();
        from.read_until(b'\n', &mut line)?;
        to.write_all(&line)?;
    }
    // What is needed beforehand (`-ID`) stands before the references.
    while from.fill_buf()?.first() == Some(&b'-') {
        line.clear();
        from.read_until(b'\n', &mut line)?;
        to.write_all(&line)?;
    }
    for (number, end) in ends.lines().enumerate() {
        writeln!(to, "{end} {PREFIX}{number}")?;
    }
    io::copy(&mut from, &mut to)?;
    fs::rename(next, bundle)
}

/// Notes in the repository at `folder` where the history in a bundle ends, so that git does not look beyond.
pub(crate) async fn heed(folder: &Path, bundle: &Path) -> Result<(), WorkspaceError> {
    let what = "look where the history ends";
    let heads = Git::to(what, folder).arguments(["bundle", "list-heads"]).argument(bundle).run().await?;
    let heads = String::from_utf8_lossy(&heads).into_owned();
    let ends = heads.lines().filter_map(|line| line.split_once(' '));
    let ends =
        ends.filter(|(_, name)| name.starts_with(PREFIX)).map(|(id, _)| Commit::try_from(id.to_owned()));
    let ends: Vec<Commit> = ends
        .collect::<Result<_, _>>()
        .map_err(|error| WorkspaceError::Git { what: what.to_owned(), said: error.to_string() })?;
    if ends.is_empty() {
        return Ok(());
    }
    let path =
        Git::to(what, folder).arguments(["rev-parse", "--path-format=absolute", "--git-path", "shallow"]);
    let path = PathBuf::from(path.line().await?);
    let before = fs::read_to_string(&path).unwrap_or_default();
    let new = ends.iter().filter(|end| !before.lines().any(|line| line == end.as_str()));
    let all: String = new.fold(before.clone(), |all, end| format!("{all}{end}\n"));
    fs::write(&path, all).map_err(WorkspaceError::file("write", &path))
}
