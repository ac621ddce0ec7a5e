//! What tells a file, and a change of it, from another.

use crate::signature::signature_of;
use std::fs::{self, Metadata};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Which file it is, and what changes when its content does. Of a link, what it leads to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Device and inode: a file that replaces another can have its size and its times.
    pub(crate) identity: (u64, u64),
    pub(crate) bytes: u64,
    /// When the inode changed, which nobody can set; not every file system without events keeps it.
    pub(crate) changed: Option<SystemTime>,
    pub(crate) modified: Option<SystemTime>,
}

impl Stamp {
    fn of(about: &Metadata) -> Self {
        Self {
            identity: identity(about),
            bytes: about.len(),
            changed: changed(about),
            modified: about.modified().ok(),
        }
    }
}

/// What changes when a file does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) file: Stamp,
    /// The same of the signature beside it.
    pub(crate) signature: Option<Stamp>,
}

impl Mark {
    pub(crate) fn of(file: &Path, about: &Metadata) -> Self {
        let signature = fs::metadata(signature_of(file)).ok();
        Self { file: Stamp::of(about), signature: signature.as_ref().map(Stamp::of) }
    }

    /// How long ago the file changed last.
    pub(crate) fn age(&self) -> Duration {
        let changed = self.file.changed;
        changed.and_then(|changed| SystemTime::now().duration_since(changed).ok()).unwrap_or_default()
    }
}

#[cfg(unix)]
fn changed(about: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let seconds = Duration::from_secs(u64::try_from(about.ctime()).ok()?);
    let rest = Duration::from_nanos(u64::try_from(about.ctime_nsec()).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(seconds + rest)
}

#[cfg(not(unix))]
fn changed(about: &Metadata) -> Option<SystemTime> {
    about.modified().ok()
}

/// Device and inode.
#[cfg(unix)]
pub(crate) fn identity(about: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (about.dev(), about.ino())
}

#[cfg(not(unix))]
pub(crate) fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}
