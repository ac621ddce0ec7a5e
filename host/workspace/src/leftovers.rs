//! What an agent made and its branch does not hold: kept beside the worktree where it can be, and listed always.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// Bytes of ignored files that are kept for an attempt where nobody says otherwise.
pub const KEPT_BYTES: u64 = 100 << 20;

/// Where what is not on the branch is kept, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeping {
    /// A folder of the attempt's own; made when something is put into it.
    pub folder: PathBuf,
    /// Most bytes of ignored files that are copied into it. Everything else is kept whole.
    pub ignored_bytes: u64,
}

/// Something that an agent made and the branch of its attempt does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Leftover {
    /// What sort of thing.
    pub kind: LeftoverKind,
    /// Its paths relative to the worktree, or its subject; the first few where there are many.
    pub what: String,
    /// How many files it is; 0 where it is not made of files.
    pub files: u64,
    /// Their bytes; 0 where that is not known.
    pub bytes: u64,
    /// Where it is kept: a path, or a branch of the repository. Nothing where it is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// Why it is not on the branch, or not kept.
    pub why: String,
    /// The command that gets it, run in the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get: Option<String>,
}

/// Why something is not on the branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeftoverKind {
    /// Files that git ignores.
    Ignored,
    /// The git folder of a repository inside the worktree; its files are on the branch.
    Repository,
    /// An entry that the agent put into the repository's stash.
    Stash,
    /// Commits that the agent amended, rebased or reset away.
    EarlierCommits,
    /// A pipe, a socket or a device.
    SpecialFile,
    /// A folder without a file.
    EmptyFolder,
    /// Content that is on the branch without the filters of the repository, because one failed.
    Unfiltered,
    /// The whole worktree, because something in it could not be committed.
    Worktree,
}

impl LeftoverKind {
    /// The name on record.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ignored => "ignored",
            Self::Repository => "repository",
            Self::Stash => "stash",
            Self::EarlierCommits => "earlier_commits",
            Self::SpecialFile => "special_file",
            Self::EmptyFolder => "empty_folder",
            Self::Unfiltered => "unfiltered",
            Self::Worktree => "worktree",
        }
    }

    const fn in_words(self) -> &'static str {
        match self {
            Self::Ignored => "ignored files",
            Self::Repository => "git folder of a repository inside the worktree",
            Self::Stash => "stash entry",
            Self::EarlierCommits => "earlier commits",
            Self::SpecialFile => "special files",
            Self::EmptyFolder => "empty folders",
            Self::Unfiltered => "files without their filters",
            Self::Worktree => "worktree",
        }
    }
}

impl fmt::Display for Leftover {
    /// One line: what, how much, why it is not on the branch, where it is kept, how to get it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.in_words(), self.what)?;
        match (self.files, self.bytes) {
            (0, _) => {}
            (files, 0) => write!(f, " ({})", counted(files))?,
            (files, bytes) => write!(f, " ({}, {})", counted(files), size(bytes))?,
        }
        write!(f, ": {}", self.why)?;
        match &self.kept {
            Some(kept) => write!(f, "; kept: {kept}")?,
            None if self.kind == LeftoverKind::Unfiltered => {}
            None => f.write_str("; not kept")?,
        }
        self.get.iter().try_for_each(|get| write!(f, "; get it: {get}"))
    }
}

fn counted(files: u64) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KiB", bytes.div_ceil(1 << 10)),
        _ => format!("{} MiB", bytes.div_ceil(1 << 20)),
    }
}

/// Most paths that are named of a list.
const NAMED: usize = 8;
/// Longest name of one path, characters.
const LONGEST: usize = 120;

/// The first paths of a list on one line, without anything that a terminal obeys.
pub(crate) fn named<'a>(paths: impl IntoIterator<Item = &'a Path>) -> String {
    let mut paths = paths.into_iter();
    let mut first: Vec<String> = paths.by_ref().take(NAMED).map(line).collect();
    let more = paths.count();
    if more > 0 {
        first.push(format!("{more} more"));
    }
    first.join(", ")
}

pub(crate) fn line(path: &Path) -> String {
    plain(&path.to_string_lossy())
}

/// A text on one line, cut to length.
pub(crate) fn plain(text: &str) -> String {
    let safe = |c: char| if c.is_control() { '?' } else { c };
    let mut plain: String = text.chars().take(LONGEST).map(safe).collect();
    if text.chars().nth(LONGEST).is_some() {
        plain.push('…');
    }
    plain
}

/// A path as one word of a shell's command line.
pub(crate) fn word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | ',' | '=');
    if !text.is_empty() && text.chars().all(bare) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_how_much_why_where_and_how() {
        let kept = Leftover {
            kind: LeftoverKind::Ignored,
            what: "out/".to_owned(),
            files: 1,
            bytes: 9,
            kept: Some("/runs/kept/ignored".to_owned()),
            why: "git ignores them".to_owned(),
            get: Some("cp -R /runs/kept/ignored/. .".to_owned()),
        };
        assert_eq!(
            kept.to_string(),
            "ignored files out/ (1 file, 9 bytes): git ignores them; kept: /runs/kept/ignored; \
             get it: cp -R /runs/kept/ignored/. ."
        );
        let dropped = Leftover { files: 3, bytes: 5 << 20, kept: None, get: None, ..kept };
        assert_eq!(dropped.to_string(), "ignored files out/ (3 files, 5 MiB): git ignores them; not kept");
    }

    #[test]
    fn names_stay_on_one_line_and_few() {
        let paths: Vec<PathBuf> = (0..10).map(|n| PathBuf::from(format!("a\n{n}"))).collect();
        let text = named(paths.iter().map(PathBuf::as_path));
        assert!(text.starts_with("a?0, a?1") && text.ends_with("a?7, 2 more"), "{text}");
        assert_eq!(word(Path::new("/a/it's here")), r"'/a/it'\''s here'");
        assert_eq!(word(Path::new("/a/b-1.txt")), "/a/b-1.txt");
    }
}
