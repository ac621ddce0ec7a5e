//! The data folder: the owner's alone, because the records hold instructions and answers.

use jackfield_sql::BackendError;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

const FILE: &str = "jackfield.db";

/// Makes the folder (0700) and the database file (0600) where they are missing, narrows them where
/// they are wider, and gives the path of the file.
///
/// The file has its mode before SQLite opens it: the write-ahead log takes its own from there.
pub(crate) fn prepare(folder: &Path) -> Result<PathBuf, BackendError> {
    let fails = |error: io::Error| BackendError::Folder { path: folder.to_owned(), why: error.to_string() };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fails)?;
    let mode = fs::metadata(folder).map_err(fails)?.permissions().mode();
    if mode & 0o1000 != 0 {
        // A sticky folder is one that many people share, such as /tmp: narrowing it would lock them out.
        let why = "it is shared with other users".to_owned();
        return Err(BackendError::Folder { path: folder.to_owned(), why });
    }
    narrow(folder, mode, 0o700).map_err(fails)?;
    let file = folder.join(FILE);
    let opened =
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&file).map_err(fails)?;
    let mode = opened.metadata().map_err(fails)?.permissions().mode();
    narrow(&file, mode, 0o600).map_err(fails)?;
    Ok(file)
}

fn narrow(path: &Path, mode: u32, to: u32) -> io::Result<()> {
    if mode & 0o077 == 0 { Ok(()) } else { fs::set_permissions(path, Permissions::from_mode(to)) }
}

/// An empty database beside the files of runs was emptied: the amounts spent today are missing.
pub(crate) fn refuse_emptied(folder: &Path, file: &Path) -> Result<(), BackendError> {
    let runs = folder.join("runs");
    let is_empty = file.metadata().is_ok_and(|facts| facts.len() == 0);
    if is_empty && runs.read_dir().is_ok_and(|mut left| left.next().is_some()) {
        return Err(BackendError::Emptied { path: file.to_owned(), runs });
    }
    Ok(())
}
