//! Reading the files of a folder. Symbolic links are not followed.

use crate::fault::Fault;
use crate::files::{DEEPEST, Files, LARGEST_FILE, MOST_FILES, shown};
use std::fs::{self, DirEntry, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Most entries of a folder and those below it. Empty folders count too.
const MOST_ENTRIES: usize = 1000;
/// Most faults that are reported for a folder.
const MOST_FAULTS: usize = 50;

/// Reads all files of a folder and the folders below it. The folder itself may be a link; what is in it may not.
///
/// # Errors
/// Each file that cannot be read, is not a regular file or exceeds a bound of [`Files`]. Reading stops at 50 faults, or
/// as soon as there are too many files.
pub fn files(folder: &Path) -> Result<Files, Vec<Fault>> {
    let mut walk = Walk { files: Files::new(), faults: Vec::new(), entries: 0, open: Vec::new() };
    walk.open.push((folder.to_owned(), String::new(), 1));
    while let Some((folder, prefix, depth)) = walk.open.pop() {
        walk.enter(&folder, &prefix, depth);
        if walk.faults.len() >= MOST_FAULTS || walk.entries > MOST_ENTRIES {
            break;
        }
    }
    if walk.faults.is_empty() { Ok(walk.files) } else { Err(walk.faults) }
}

struct Walk {
    files: Files,
    faults: Vec<Fault>,
    entries: usize,
    /// Folders to enter: where they are, their path below the skill with a `/` at its end, and the depth of their files.
    open: Vec<(PathBuf, String, usize)>,
}

impl Walk {
    fn enter(&mut self, folder: &Path, prefix: &str, depth: usize) {
        let place = if prefix.is_empty() { "." } else { prefix.trim_end_matches('/') };
        let entries = match entries(folder) {
            Ok(entries) => entries,
            Err(error) => {
                return self.faults.push(Fault::of(&shown(place), format!("failed to read: {error}")));
            }
        };
        self.entries += entries.len();
        if self.entries > MOST_ENTRIES {
            let message = format!("too many files and folders: at most {MOST_FILES} files are allowed");
            return self.faults.push(Fault::of(&shown(place), message));
        }
        let mut folders = Vec::new();
        for entry in entries {
            let name = entry.file_name();
            let path = format!("{prefix}{}", name.to_string_lossy());
            let taken = match name.to_str() {
                Some(_) => self.take(&entry, &path, depth),
                None => Err(Fault::of(&shown(&path), "unusable path: it is not UTF-8")),
            };
            match taken {
                Ok(true) => folders.push((entry.path(), format!("{path}/"), depth + 1)),
                Ok(false) => {}
                Err(fault) => self.faults.push(fault),
            }
            if self.faults.len() >= MOST_FAULTS {
                return;
            }
        }
        self.open.extend(folders.into_iter().rev());
    }

    /// Adds a file. True for a folder, which is entered later.
    fn take(&mut self, entry: &DirEntry, path: &str, depth: usize) -> Result<bool, Fault> {
        let failed = |error: io::Error| Fault::of(&shown(path), format!("failed to read: {error}"));
        // `DirEntry::metadata` does not follow symbolic links.
        let found = entry.metadata().map_err(failed)?;
        let kind = found.file_type();
        if kind.is_symlink() {
            return Err(Fault::of(&shown(path), "symbolic link: links are not allowed"));
        }
        if kind.is_dir() {
            if depth >= DEEPEST {
                return Err(Fault::of(
                    &shown(path),
                    format!("folder too deep: at most {DEEPEST} parts are allowed"),
                ));
            }
            return Ok(true);
        }
        if !kind.is_file() {
            return Err(Fault::of(&shown(path), "special file: only regular files are allowed"));
        }
        let bytes = content(&entry.path(), &found).map_err(failed)?;
        self.files.add(path, bytes, found.permissions().mode() & 0o111 != 0)?;
        Ok(false)
    }
}

/// The entries of a folder in the order of their names, one more than allowed at most.
fn entries(folder: &Path) -> io::Result<Vec<DirEntry>> {
    let mut entries = fs::read_dir(folder)?.take(MOST_ENTRIES + 1).collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}

/// The content of a file, one byte more than allowed at most.
fn content(path: &Path, found: &Metadata) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let opened = file.metadata()?;
    // A link could have been put in its place since it was looked at.
    if (opened.dev(), opened.ino()) != (found.dev(), found.ino()) {
        return Err(io::Error::other("it was replaced meanwhile"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
