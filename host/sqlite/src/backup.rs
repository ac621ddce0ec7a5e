//! A copy of the whole database while others write, checked before anybody relies on it.

use jackfield_sql::BackendError;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ffi};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Faults of a copy that are told of.
const NAMED: u32 = 5;

/// Copies what `from` sees now to a new file, which only its owner can read. It has its name only once it is
/// whole: a host that is killed leaves nothing that could be taken for a backup.
pub(crate) fn copy(from: &Connection, to: &Path) -> Result<u64, BackendError> {
    let fails = BackendError::Backup;
    if to.symlink_metadata().is_ok() {
        return Err(BackendError::BackupExists);
    }
    let Some(name) = to.file_name() else { return Err(fails("it names no file".to_owned())) };
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.part", std::process::id()));
    let part = to.with_file_name(hidden);
    let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&part);
    let file = file.map_err(|error| fails(error.to_string()))?;
    let copied = fill(from, &part).and_then(|()| {
        let name = || {
            file.sync_all()?;
            put(&part, to)?;
            sync_folder(to)?;
            file.metadata()
        };
        let facts = name().map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackendError::BackupExists,
            _ => fails(error.to_string()),
        })?;
        Ok(facts.len())
    });
    copied.inspect_err(|_| drop(fs::remove_file(&part)))
}

/// Gives a file its name, but never in place of another.
fn put(part: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(part, to) {
        Ok(()) => fs::remove_file(part),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Some file systems know no second name.
        Err(_) if to.symlink_metadata().is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(part, to),
    }
}

fn fill(from: &Connection, to: &Path) -> Result<(), BackendError> {
    let faults = write(from, to).map_err(|error| BackendError::Backup(error.to_string()))?;
    if faults.is_empty() {
        return Ok(());
    }
    Err(BackendError::Backup(format!("the records themselves are damaged: {}", faults.join("; "))))
}

/// Returns the faults of the copy.
fn write(from: &Connection, to: &Path) -> rusqlite::Result<Vec<String>> {
    let mut copy = Connection::open(to)?;
    // In one step, hence from one snapshot: in several, every write in between would begin it anew.
    match Backup::new(from, &mut copy)?.step(-1)? {
        StepResult::Done => {}
        _ => return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None)),
    }
    // One file, with nothing beside it that would have to be carried along.
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0))?;
    copy.prepare("SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok' LIMIT ?1")?
        .query_map([NAMED], |row| row.get::<_, String>(0))?
        .collect()
}

fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if folder.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
