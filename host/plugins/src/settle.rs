//! When a dropped file is complete.
//!
//! A file that was renamed into place, or closed by whoever wrote it, is looked at at once; any other
//! after it has been quiet for a moment. A file that is not whole may still be on its way: it is
//! waited for until nothing has come for a while. Nothing here blocks the other files.

use crate::anatomy::{Anatomy, NotComponent};
use crate::house::{Dropped, House, Mark};
use crate::report::State;
use crate::signature::signature_of;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// How long a file must be quiet where nothing says that it is complete.
const QUIET: Duration = Duration::from_millis(150);

/// How long a file that is not whole may be quiet before it is taken for broken.
const GIVE_UP: Duration = Duration::from_secs(2);

/// Largest file that is read at all.
const MOST_BYTES: u64 = 256 << 20;

/// What to do with a file now.
pub(crate) enum Settling {
    /// It is being written.
    Waiting,
    /// These are its bytes.
    Complete(Arc<[u8]>),
    /// It cannot be read.
    Unreadable(String),
}

impl Mark {
    pub(crate) fn of(file: &Path) -> std::io::Result<Option<Self>> {
        let about = std::fs::metadata(file)?;
        Ok(about.is_file().then(|| Self {
            bytes: about.len(),
            changed: changed(&about),
            signed: std::fs::metadata(signature_of(file)).ok().and_then(|about| changed(&about)),
            inode: inode(&about),
        }))
    }

    fn age(&self) -> Duration {
        self.changed.and_then(|changed| SystemTime::now().duration_since(changed).ok()).unwrap_or_default()
    }
}

// The time of modification can be set to anything by whoever copies the file; this one cannot.
#[cfg(unix)]
fn changed(about: &std::fs::Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let seconds = Duration::from_secs(u64::try_from(about.ctime()).ok()?);
    let rest = Duration::from_nanos(u64::try_from(about.ctime_nsec()).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(seconds + rest)
}

#[cfg(not(unix))]
fn changed(about: &std::fs::Metadata) -> Option<SystemTime> {
    about.modified().ok()
}

#[cfg(unix)]
fn inode(about: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(about)
}

#[cfg(not(unix))]
fn inode(_: &std::fs::Metadata) -> u64 {
    0
}

impl House {
    /// Notes what a file looks like now. None: it was dealt with, and is as it was.
    pub(crate) fn notice(&self, file: &Path, mark: Mark) -> Option<Duration> {
        let mut files = self.files.lock();
        let known = files.get_mut(file);
        match known {
            Some(dropped) if dropped.mark == mark => {
                (dropped.state == State::Settling).then(|| dropped.changed.elapsed())
            }
            Some(dropped) => {
                dropped.mark = mark;
                dropped.changed = Instant::now();
                dropped.state = State::Settling;
                dropped.reason = None;
                dropped.since = self.clock.now();
                Some(Duration::ZERO)
            }
            None => {
                let dropped = Dropped {
                    mark,
                    changed: Instant::now(),
                    state: State::Settling,
                    reason: None,
                    plugin: None,
                    digest: None,
                    replaces: None,
                    since: self.clock.now(),
                };
                files.insert(file.to_owned(), dropped);
                Some(Duration::ZERO)
            }
        }
    }
}

/// Whether a file is complete, and its bytes if it is. `closed`: something said that it is.
pub(crate) fn settle(file: &Path, mark: Mark, unchanged: Duration, closed: bool) -> Settling {
    let unchanged = unchanged.max(mark.age());
    if !closed && unchanged < QUIET {
        return Settling::Waiting;
    }
    if mark.bytes > MOST_BYTES {
        return Settling::Unreadable(format!("it has {} bytes, where {MOST_BYTES} are allowed", mark.bytes));
    }
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if unchanged < GIVE_UP => {
            tracing::debug!("{}: {error}", file.display());
            return Settling::Waiting;
        }
        Err(error) => return Settling::Unreadable(format!("it cannot be read: {error}")),
    };
    let same = Mark::of(file).is_ok_and(|now| now == Some(mark));
    if same && (is_whole(&bytes) || unchanged >= GIVE_UP) {
        Settling::Complete(bytes.into())
    } else {
        Settling::Waiting
    }
}

/// A component cut off between two sections reads like a whole one, but its exports come last.
fn is_whole(bytes: &[u8]) -> bool {
    match Anatomy::of(bytes) {
        Ok(anatomy) => !anatomy.exports.is_empty(),
        Err(NotComponent::CoreModule | NotComponent::Nested) => true,
        Err(NotComponent::Unreadable(_)) => false,
    }
}
