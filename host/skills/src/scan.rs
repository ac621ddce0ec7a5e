//! Reading a folder of skills.

use crate::fault::Fault;
use crate::files::{self, SKILL_MD};
use crate::folder;
use crate::skill::{Skill, of_folder};
use serde::Serialize;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Most folders of a scan.
const MOST_FOLDERS: usize = 1000;
/// Most bytes of all skills of a scan together: their texts stay in memory.
const LARGEST: usize = 64 * 1024 * 1024;

/// The skills of a folder.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Scan {
    /// Valid skills, sorted by id.
    pub skills: Vec<Skill>,
    /// Folders with a `SKILL.md` that are not valid skills, sorted.
    pub invalid: Vec<Invalid>,
}

/// A folder with a `SKILL.md` that is not a valid skill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Invalid {
    /// The name of the folder; `.` for the scanned folder itself.
    pub folder: String,
    /// Why it is not valid.
    pub faults: Vec<Fault>,
}

/// Reads every direct subfolder with a `SKILL.md`, 1,000 at most and 64 MiB together. A folder that does not exist has no
/// skills. Links to folders are not followed and reported as invalid.
pub fn scan(folder: &Path) -> Scan {
    let mut scan = Scan::default();
    let mut folders = match folders(folder) {
        Ok(folders) => folders,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return scan,
        Err(error) => {
            scan.refuse(".", vec![Fault::of(".", format!("failed to read: {error}"))]);
            return scan;
        }
    };
    folders.sort();
    if folders.len() > MOST_FOLDERS {
        let message = format!("too many folders: {MOST_FOLDERS} are read");
        scan.refuse(".", vec![Fault::of(".", message)]);
    }
    let mut bytes = 0;
    for path in folders.iter().take(MOST_FOLDERS) {
        let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        let name = files::shown(&name);
        if path.is_symlink() {
            scan.refuse(&name, vec![Fault::of(".", "symbolic link: links are not allowed")]);
            continue;
        }
        if bytes >= LARGEST {
            let message =
                format!("failed to read: the skills have more than {} MiB together", LARGEST / (1024 * 1024));
            scan.refuse(&name, vec![Fault::of(".", message)]);
            continue;
        }
        let read = folder::files(path).and_then(|files| Ok((of_folder(path, &files)?, files.bytes())));
        match read {
            Ok((skill, size)) => {
                bytes += size;
                scan.skills.push(skill);
            }
            Err(faults) => scan.refuse(&name, faults),
        }
    }
    scan
}

impl Scan {
    fn refuse(&mut self, folder: &str, faults: Vec<Fault>) {
        self.invalid.push(Invalid { folder: folder.to_owned(), faults });
    }
}

/// Direct subfolders with a `SKILL.md`, and links to such folders, one more than allowed at most.
fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // A link as SKILL.md is a fault of the folder, so it is not followed here.
        if path.is_dir() && path.join(SKILL_MD).symlink_metadata().is_ok() {
            folders.push(path);
        }
        if folders.len() > MOST_FOLDERS {
            break;
        }
    }
    Ok(folders)
}
