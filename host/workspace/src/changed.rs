//! Which files an attempt changed, as git lists them.
//!
//! Git's `-z` forms are read, so a name may hold any byte but NUL.

use crate::git::Git;
use crate::{Commit, WorkspaceError};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// One file that an attempt changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ChangedFile {
    /// Relative to the top of the worktree. Exact in memory; bytes that are no text are replaced
    /// where it is serialised.
    #[serde(with = "as_text")]
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub path: PathBuf,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Lines added; 0 where binary.
    pub added: u64,
    /// Lines removed; 0 where binary.
    pub removed: u64,
    /// It has no lines.
    pub binary: bool,
}

/// What happened to a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// Its content, mode or type changed.
    Modified,
    /// It is gone.
    Deleted,
    /// It has another name, and perhaps other content.
    Renamed {
        /// The name that it had.
        #[serde(with = "as_text")]
        #[cfg_attr(feature = "schemas", schemars(with = "String"))]
        from: PathBuf,
    },
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::path::{Path, PathBuf};

    pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&path.to_string_lossy())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        String::deserialize(from).map(PathBuf::from)
    }
}

/// What git lists between two commits.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) files: Vec<ChangedFile>,
    /// Repositories inside the worktree that the attempt made or moved: git keeps only a pointer to them.
    pub(crate) nested: Vec<PathBuf>,
}

/// Lists what changed from `base` to `head`.
pub(crate) async fn list(repository: &Path, base: &Commit, head: &Commit) -> Result<Listing, WorkspaceError> {
    if base == head {
        return Ok(Listing::default());
    }
    let bytes = Git::to("list the changed files", repository)
        .with("GIT_DIR", repository)
        .arguments(["diff-tree", "-r", "-z", "--raw", "--numstat", "--find-renames", "--no-ext-diff"])
        .arguments(["--no-textconv", base.as_str(), head.as_str()])
        .run()
        .await?;
    parse(&bytes).ok_or_else(|| WorkspaceError::Git {
        what: "list the changed files".to_owned(),
        said: "its list is not in the form that it should have".to_owned(),
    })
}

/// First the raw part, `:MODE MODE ID ID STATUS NUL PATH NUL [PATH NUL]`, then for each file its lines,
/// `ADDED TAB REMOVED TAB PATH NUL`, or `… TAB NUL FROM NUL TO NUL`, in the same order.
fn parse(bytes: &[u8]) -> Option<Listing> {
    let mut fields = bytes.split(|byte| *byte == 0).filter(|field| !field.is_empty()).peekable();
    let mut listing = Listing::default();
    while let Some(raw) = fields.next_if(|field| field.starts_with(b":")) {
        let mut words = raw.get(1..)?.split(|byte| *byte == b' ');
        let mode = words.nth(1)?;
        let status = *words.nth(2)?.first()?;
        let first = path(fields.next()?);
        let (path, kind) = match status {
            b'A' => (first, ChangeKind::Added),
            b'D' => (first, ChangeKind::Deleted),
            b'R' => (path(fields.next()?), ChangeKind::Renamed { from: first }),
            _ => (first, ChangeKind::Modified),
        };
        if mode == b"160000" {
            listing.nested.push(path.clone());
        }
        listing.files.push(ChangedFile { path, kind, added: 0, removed: 0, binary: false });
    }
    for file in &mut listing.files {
        let mut columns = fields.next()?.splitn(3, |byte| *byte == b'\t');
        let (added, removed, rest) = (columns.next()?, columns.next()?, columns.next()?);
        // Both parts must be about the same file, or the list was not read as it was meant.
        let named = if rest.is_empty() { fields.nth(1)? } else { rest };
        if named != file.path.as_os_str().as_bytes() {
            return None;
        }
        file.binary = added == b"-";
        (file.added, file.removed) = if file.binary { (0, 0) } else { (number(added)?, number(removed)?) };
    }
    fields.next().is_none().then_some(listing)
}

fn path(bytes: &[u8]) -> PathBuf {
    OsStr::from_bytes(bytes).into()
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_cut_short_is_refused_rather_than_half_read() {
        let whole = b":100644 100644 aaaa bbbb M\0a\tb\0:100644 100644 aaaa cccc R090\0old\0new\0\
            1\t2\ta\tb\x003\t4\t\0old\0new\0";
        let listing = parse(whole).unwrap();
        assert_eq!(listing.files.len(), 2);
        assert_eq!(listing.files[0].path, PathBuf::from("a\tb"));
        assert_eq!(listing.files[1].kind, ChangeKind::Renamed { from: "old".into() });
        assert_eq!((listing.files[1].added, listing.files[1].removed), (3, 4));
        for cut in 1..whole.len() - 1 {
            assert_ne!(parse(&whole[..cut]).as_ref(), Some(&listing), "cut at {cut}");
        }
    }
}
