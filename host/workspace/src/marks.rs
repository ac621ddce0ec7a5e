//! Taking in every file, whatever the settings and the marks of an index say.
//!
//! A user or an agent can tell git to look away: a sparse checkout, the bits skip-worktree and
//! assume-unchanged, settings that make it blind for modes or for the case of names. None of them may make a
//! change invisible. What a sparse checkout has taken from the disk stays as it was: it is no deletion.

use crate::index::Index;
use crate::{Commit, WorkspaceError, unmarked};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Settings under which nothing that is on the disk is passed over.
const SETTINGS: &[&str] = &[
    "core.sparseCheckout=false",
    "index.sparse=false",
    "core.untrackedCache=false",
    "core.trustctime=true",
    "core.checkStat=default",
    "core.safecrlf=false",
];

/// Settings under which no change of a file is passed over that is in the index.
pub(crate) const STRICT: &[&str] =
    &["core.trustctime=true", "core.checkStat=default", "core.ignoreStat=false"];

/// Settings for `git add`, by what the file system below the tree can do.
pub(crate) fn settings(tree: &Path) -> Vec<&'static str> {
    let mut settings = SETTINGS.to_vec();
    match abilities(tree) {
        Ok((modes, cases)) => {
            settings.extend(modes.then_some("core.fileMode=true"));
            settings.extend(cases.then_some("core.ignoreCase=false"));
        }
        Err(error) => tracing::debug!(%error, "failed to probe the file system"),
    }
    settings
}

/// Whether the file system keeps the executable bit, and tells large letters from small ones.
fn abilities(tree: &Path) -> io::Result<(bool, bool)> {
    let root = tree.parent().and_then(Path::parent).unwrap_or(tree);
    let name = tree.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let probe = root.join("trash").join(format!("probe-{name}"));
    fs::write(&probe, "")?;
    let executable = |mode: u32| {
        fs::set_permissions(&probe, fs::Permissions::from_mode(mode))?;
        Ok::<_, io::Error>(probe.metadata()?.permissions().mode() & 0o100 != 0)
    };
    let modes = executable(0o700).and_then(|set| Ok(set && !executable(0o600)?));
    let cases = probe.with_file_name(format!("PROBE-{name}")).symlink_metadata().is_err();
    fs::remove_file(&probe)?;
    Ok((modes?, cases))
}

/// Clears what hides files: assume-unchanged, skip-worktree of files that are there, and entries for
/// repositories whose folders are plain ones now. `like`: a commit of the repository, whose id tells how long all are.
pub(crate) async fn clear(index: &Index<'_>, like: Option<&Commit>) -> Result<(), WorkspaceError> {
    if let Some(commit) = like
        && has_none(index, commit).await
    {
        return Ok(());
    }
    let listing = index
        .git("read the index")
        .files_untouched()
        .set("core.sparseCheckout=false")
        .arguments(["ls-files", "-v", "--stage", "-z"])
        .run()
        .await?;
    let (mut assumed, mut skipped, mut hollow) = (Vec::new(), Vec::new(), Vec::new());
    for entry in listing.split(|byte| *byte == 0) {
        let Some((tag, mode, path)) = parts(entry) else { continue };
        let there = || index.tree.join(OsStr::from_bytes(path));
        if tag.is_ascii_lowercase() {
            assumed.extend([path, b"\0"].concat());
        }
        if tag.eq_ignore_ascii_case(&b'S') && there().symlink_metadata().is_ok() {
            skipped.extend([path, b"\0"].concat());
        }
        if mode == b"160000" && is_plain(&there()) {
            hollow.extend([path, b"\0"].concat());
        }
    }
    for (option, paths) in
        [("--no-assume-unchanged", assumed), ("--no-skip-worktree", skipped), ("--force-remove", hollow)]
    {
        if !paths.is_empty() {
            index
                .git("clear the marks of the index")
                .set("core.sparseCheckout=false")
                .arguments(["update-index", option, "-z", "--stdin"])
                .reading(paths)
                .run()
                .await?;
        }
    }
    Ok(())
}

/// Whether the index certainly has none of these marks. Its ids are as long as that of a commit.
async fn has_none(index: &Index<'_>, commit: &Commit) -> bool {
    let (file, id) = (index.file.clone(), commit.as_str().len() / 2);
    let looked = tokio::task::spawn_blocking(move || {
        fs::read(&file).is_ok_and(|bytes| unmarked::is_unmarked(&bytes, id))
    });
    looked.await.unwrap_or(false)
}

/// Settings that turn every filter off, for content that a filter refuses.
pub(crate) async fn without_filters(index: &Index<'_>) -> Result<Vec<String>, WorkspaceError> {
    let answer = index
        .git("list the filters")
        .arguments(["config", "--null", "--name-only", "--get-regexp"])
        .argument(r"^filter\..*\.(clean|process|required)$")
        .ask()
        .await?;
    let names = answer.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let off = |name: &[u8]| {
        let name = String::from_utf8_lossy(name).into_owned();
        let value = if name.ends_with(".required") { "false" } else { "" };
        format!("{name}={value}")
    };
    Ok(names.map(off).collect())
}

/// `TAG SP MODE SP ID SP STAGE TAB PATH`
fn parts(entry: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (facts, path) = entry.split_at_checked(entry.iter().position(|byte| *byte == b'\t')?)?;
    let mut facts = facts.split(|byte| *byte == b' ');
    let (tag, mode) = (*facts.next()?.first()?, facts.next()?);
    Some((tag, mode, path.get(1..)?))
}

/// A folder with files and without a repository: what an entry for a repository hides.
fn is_plain(folder: &Path) -> bool {
    let is_folder = folder.symlink_metadata().is_ok_and(|facts| facts.is_dir());
    is_folder
        && folder.join(".git").symlink_metadata().is_err()
        && fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}
