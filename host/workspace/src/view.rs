//! A worktree to look at and not to touch: names that match a glob, and the beginnings of files.
//!
//! Invariants: nothing outside the folder is seen, whatever a path says and wherever a link points; what
//! git keeps for itself is not there; a pipe or a device is never opened; how much is walked, listed and
//! read is bounded.

use globset::{GlobBuilder, GlobMatcher};
use rustix::fs::{Mode, OFlags, openat};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

/// Most files that one pattern may match.
pub const MOST_FILES: usize = 10_000;

/// Most entries of folders that are walked for one pattern.
const MOST_ENTRIES: usize = 200_000;

/// Longest pattern or path, bytes.
const LONGEST: usize = 4096;

/// What makes a piece of a pattern more than a name.
const SPECIAL: [char; 6] = ['*', '?', '[', ']', '{', '\\'];

/// Why something is not shown. As the author of a pattern or a path should read it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// The pattern is no glob.
    #[error("{pattern:?} is no pattern: {why}")]
    Pattern {
        /// As it was given.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// The path leads out of the worktree, or into what git keeps for itself.
    #[error("{0:?} is not a path within the worktree (relative, without `..` and `.git`)")]
    Outside(String),
    /// Too many files match.
    #[error("more than {MOST_FILES} files match {0:?}: narrow it")]
    TooMany(String),
    /// There is too much to walk through.
    #[error("there are more than {MOST_ENTRIES} entries to look through for {0:?}: begin it with a folder")]
    TooLarge(String),
    /// There is no regular file.
    #[error("{0:?} is not a regular file of the worktree (links are not followed)")]
    NoFile(String),
    /// The system says no.
    #[error("{path:?} cannot be read: {why}")]
    Unreadable {
        /// As it was given.
        path: String,
        /// What the system says.
        why: String,
    },
}

/// A folder to look at.
#[derive(Debug, Clone)]
pub struct View {
    root: PathBuf,
}

impl View {
    /// The files below a folder, which must not be a link itself.
    pub fn of(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Paths of the regular files that match a glob, relative to the folder, in order. Names that are not
    /// UTF-8 are not shown. Blocks.
    ///
    /// # Errors
    /// Where the pattern makes no sense or leads outside, and where more than [`MOST_FILES`] match.
    pub fn files(&self, pattern: &str) -> Result<Vec<String>, ViewError> {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        let parts = parts(pattern)?;
        let fixed = parts.iter().take_while(|part| !part.contains(SPECIAL)).count();
        if fixed == parts.len() {
            let there = self.open(pattern).is_ok();
            return Ok(there.then(|| parts.join("/")).into_iter().collect());
        }
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        let glob = glob.map_err(|error| ViewError::Pattern {
            pattern: pattern.to_owned(),
            why: error.kind().to_string(),
        })?;
        let start: PathBuf = parts.iter().take(fixed).collect();
        if !self.is_plain_folder(&start) {
            return Ok(Vec::new());
        }
        let mut walk = Walk { pattern, glob: glob.compile_matcher(), entries: 0, found: Vec::new() };
        let mut folders = vec![start];
        while let Some(folder) = folders.pop() {
            walk.folder(&self.root, &folder, &mut folders)?;
        }
        walk.found.sort_unstable();
        Ok(walk.found)
    }

    /// At most so many bytes from the beginning of a regular file. Blocks.
    ///
    /// # Errors
    /// Where the path leads outside or to no regular file, and where the system says no.
    pub fn read(&self, path: &str, most: u32) -> Result<Vec<u8>, ViewError> {
        let unreadable =
            |error: std::io::Error| ViewError::Unreadable { path: path.to_owned(), why: error.to_string() };
        let file = self.open(path)?;
        let mut bytes = Vec::new();
        file.take(u64::from(most)).read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(bytes)
    }

    /// Step by step from the folder, so that no link is followed however a name is swapped meanwhile.
    fn open(&self, path: &str) -> Result<File, ViewError> {
        let parts = parts(path)?;
        let no_file = |_: rustix::io::Errno| ViewError::NoFile(path.to_owned());
        let step = |at: &OwnedFd, name: &str, flags| {
            openat(at, name, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()).map_err(no_file)
        };
        let (name, folders) = parts.split_last().ok_or_else(|| ViewError::Outside(path.to_owned()))?;
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut at = rustix::fs::open(&self.root, flags, Mode::empty()).map_err(no_file)?;
        for folder in folders {
            at = step(&at, folder, OFlags::DIRECTORY)?;
        }
        // A pipe without a writer would be waited for.
        let file = File::from(step(&at, name, OFlags::RDONLY | OFlags::NONBLOCK)?);
        let regular = file.metadata().is_ok_and(|about| about.is_file());
        if regular { Ok(file) } else { Err(ViewError::NoFile(path.to_owned())) }
    }

    fn is_plain_folder(&self, folder: &Path) -> bool {
        let mut at = self.root.clone();
        let plain = |at: &Path| at.symlink_metadata().is_ok_and(|about| about.is_dir());
        plain(&at)
            && folder.components().all(|part| {
                at.push(part);
                plain(&at)
            })
    }
}

struct Walk<'a> {
    pattern: &'a str,
    glob: GlobMatcher,
    entries: usize,
    found: Vec<String>,
}

impl Walk<'_> {
    fn folder(&mut self, root: &Path, folder: &Path, more: &mut Vec<PathBuf>) -> Result<(), ViewError> {
        // A folder that cannot be read has nothing to show.
        for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
            self.entries += 1;
            if self.entries > MOST_ENTRIES {
                return Err(ViewError::TooLarge(self.pattern.to_owned()));
            }
            let name = entry.file_name();
            let Ok(kind) = entry.file_type() else { continue };
            if is_gits(&name) {
                continue;
            }
            let path = folder.join(&name);
            if kind.is_dir() {
                more.push(path);
            } else if kind.is_file()
                && self.glob.is_match(&path)
                && let Some(path) = path.to_str()
            {
                if self.found.len() == MOST_FILES {
                    return Err(ViewError::TooMany(self.pattern.to_owned()));
                }
                self.found.push(path.to_owned());
            }
        }
        Ok(())
    }
}

/// The pieces of a path or a pattern, none of which leads outside.
fn parts(path: &str) -> Result<Vec<&str>, ViewError> {
    let outside = || ViewError::Outside(path.chars().take(200).collect());
    if path.is_empty() || path.len() > LONGEST || path.contains('\0') || path.ends_with('/') {
        return Err(outside());
    }
    let part = |part: Component<'_>| match part {
        Component::Normal(_) => Ok(true),
        Component::CurDir => Ok(false),
        _ => Err(outside()),
    };
    for component in Path::new(path).components() {
        part(component)?;
    }
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.iter().any(|part| is_gits(OsStr::new(part))) { Err(outside()) } else { Ok(parts) }
}

/// `.git`, also as file systems have it that do not tell large from small letters.
fn is_gits(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case(".git")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn tree() -> (tempfile::TempDir, View) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("work");
        for inner in ["src/deep/er", ".git", "sub/.git"] {
            fs::create_dir_all(root.join(inner)).unwrap();
        }
        for file in
            ["README.md", "src/lib.rs", "src/deep/er/a.rs", ".git/config", "sub/.git/HEAD", "sub/b.rs"]
        {
            fs::write(root.join(file), file).unwrap();
        }
        fs::write(folder.path().join("secret"), "outside").unwrap();
        (folder, View::of(root))
    }

    #[test]
    fn a_glob_is_answered_in_order_with_files_alone() {
        let (_folder, view) = tree();
        let files = |pattern| view.files(pattern).unwrap();
        assert_eq!(files("**/*.rs"), ["src/deep/er/a.rs", "src/lib.rs", "sub/b.rs"]);
        assert_eq!(files("src/*.rs"), ["src/lib.rs"], "a star stays within a folder");
        assert_eq!(files("{README,LICENSE}.md"), ["README.md"]);
        assert_eq!(files("./README.md"), ["README.md"]);
        assert_eq!(files("src"), Vec::<String>::new(), "a folder is no file");
        assert_eq!(files("none/**"), Vec::<String>::new());
        assert_eq!(files("**").len(), 4, "what git keeps for itself is not there");
        assert!(matches!(view.files("src/{a"), Err(ViewError::Pattern { .. })));
    }

    #[test]
    fn no_path_leads_outside() {
        let (folder, view) = tree();
        let absolute = folder.path().join("secret").to_string_lossy().into_owned();
        for path in
            ["../secret", "src/../../secret", &absolute, "", "src/", "a\0b", ".git/config", "sub/.GIT/HEAD"]
        {
            assert!(matches!(view.read(path, 10), Err(ViewError::Outside(_))), "{path}");
            assert!(matches!(view.files(path), Err(ViewError::Outside(_))), "{path}");
        }
        assert!(matches!(view.files("../*"), Err(ViewError::Outside(_))));
        assert!(matches!(view.files("/etc/*"), Err(ViewError::Outside(_))));
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed_and_no_pipe_is_opened() {
        use std::os::unix::fs::symlink;
        let (folder, view) = tree();
        let root = folder.path().join("work");
        symlink(folder.path().join("secret"), root.join("link.rs")).unwrap();
        symlink(folder.path(), root.join("up")).unwrap();
        symlink(".git", root.join("its")).unwrap();
        let pipe = root.join("pipe.rs");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, Mode::from(0o600), 0)
            .unwrap();
        for path in ["link.rs", "up/secret", "its/config", "pipe.rs"] {
            assert_eq!(view.read(path, 10), Err(ViewError::NoFile(path.to_owned())));
            assert_eq!(view.files(path), Ok(Vec::new()), "{path}");
        }
        assert_eq!(view.files("up/*"), Ok(Vec::new()));
        assert_eq!(view.files("**/*.rs").unwrap().len(), 3);
        let linked = folder.path().join("linked");
        symlink(&root, &linked).unwrap();
        assert_eq!(View::of(linked).files("**"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_read_and_listed_is_bounded() {
        let (folder, view) = tree();
        assert_eq!(view.read("README.md", 4).unwrap(), b"READ");
        assert_eq!(view.read("README.md", u32::MAX).unwrap(), b"README.md");
        let many = folder.path().join("work/many");
        fs::create_dir(&many).unwrap();
        for number in 0..=MOST_FILES {
            fs::File::create(many.join(number.to_string())).unwrap();
        }
        assert_eq!(view.files("many/*"), Err(ViewError::TooMany("many/*".to_owned())));
        fs::remove_file(many.join("0")).unwrap();
        assert_eq!(view.files("many/*").unwrap().len(), MOST_FILES);
    }
}
