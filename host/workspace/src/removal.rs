//! Removing folders that agents have worked in.
//!
//! A folder is first renamed into the trash, which takes no time and cannot stop half-way, and then
//! deleted there; what a killed host leaves in the trash goes at the next repair.

use crate::WorkspaceError;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::Semaphore;

/// Most folders that are deleted in the background.
const MOST_AT_ONCE: usize = 4;

/// Moves a folder into the trash. `None` where there is nothing to move.
pub(crate) fn move_to(trash: &Path, folder: &Path) -> Result<Option<PathBuf>, WorkspaceError> {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let gone = trash.join(format!("{name}-{nanos}"));
    match fs::rename(folder, &gone) {
        Ok(()) => Ok(Some(gone)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(WorkspaceError::file("remove", folder)(error)),
    }
}

/// Deletes a folder and all that is in it, on a thread that may block.
pub(crate) async fn delete(folder: PathBuf) -> Result<(), WorkspaceError> {
    let path = folder.clone();
    let done = tokio::task::spawn_blocking(move || delete_now(&path)).await;
    done.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(WorkspaceError::file("remove", &folder))
}

/// Deletes what was moved into the trash. If something still writes there, the next repair deletes it.
pub(crate) async fn empty(gone: Option<PathBuf>) {
    let Some(gone) = gone else { return };
    if let Err(error) = delete(gone).await {
        tracing::info!(%error, "something stays in the trash until the next repair");
    }
}

/// The same without waiting for it: nothing refers to the folder any more. Where much is being deleted already, it is
/// waited for, so that the trash does not outgrow the disk.
pub(crate) async fn empty_in_background(gone: Option<PathBuf>) {
    static ROOM: Semaphore = Semaphore::const_new(MOST_AT_ONCE);
    match ROOM.try_acquire() {
        Ok(room) => drop(tokio::spawn(async move {
            empty(gone).await;
            drop(room);
        })),
        Err(_) => empty(gone).await,
    }
}

fn delete_now(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        // A link that an agent put in place of its folder.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => fs::remove_file(folder),
        // Tools such as Go's module cache leave folders that their owner may not write either.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            allow(folder)?;
            fs::remove_dir_all(folder)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn allow(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            allow(&entry.path())?;
        }
    }
    Ok(())
}

/// Deletes a file that may be gone already, or never could be there: not every repository keeps its references
/// in files.
pub(crate) fn forget(file: &Path) -> Result<(), WorkspaceError> {
    match fs::remove_file(file) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(WorkspaceError::file("remove", file)(error))
        }
        _ => Ok(()),
    }
}
