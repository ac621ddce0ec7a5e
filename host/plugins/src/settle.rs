//! When a dropped file is complete.
//!
//! A file that was renamed into place, or closed by whoever wrote it, is looked at at once; any other
//! after it has been quiet for a moment. A file that is not whole may still be on its way: it is
//! waited for until nothing has come for a while. Nothing here blocks the other files.

use crate::component_parser::{NotComponent, ParsedComponent};
use crate::files::{MOST_BYTES, read_component, what};
use crate::stamp::Mark;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a file must be quiet where nothing says that it is complete.
const QUIET: Duration = Duration::from_millis(150);

/// How long a file that is not whole may be quiet before it is taken for broken.
const GIVE_UP: Duration = Duration::from_secs(2);

/// What to do with a file now.
pub(crate) enum Settling {
    /// It is being written.
    Waiting,
    /// These are its bytes.
    Complete(Arc<[u8]>),
    /// It cannot be read.
    Unreadable(String),
}

/// What lies under a name in the drop folder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    File(Mark),
    /// Not a file that can be taken, and why. `gone`: what was under this name before is not there any more.
    Odd {
        why: String,
        gone: bool,
    },
    /// It went between two looks.
    Gone,
}

impl Entry {
    pub(crate) fn of(file: &Path) -> Self {
        let odd = |gone, why: String| Self::Odd { why, gone };
        match fs::metadata(file) {
            Ok(about) if about.is_file() => Self::File(Mark::of(file, &about)),
            Ok(about) => odd(true, format!("it is {}, not a file", what(&about))),
            Err(error) => match (fs::symlink_metadata(file), error.kind()) {
                (Err(_), ErrorKind::NotFound) => Self::Gone,
                (_, ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                    odd(true, "it is a link to something that is not there".to_owned())
                }
                _ if is_loop(&error) => odd(true, "it is a link that leads back to itself".to_owned()),
                _ => odd(false, format!("it cannot be read: {error}")),
            },
        }
    }
}

#[cfg(unix)]
fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_loop(_: &io::Error) -> bool {
    false
}

/// Whether a file is complete, and its bytes if it is. `closed`: something said that it is.
pub(crate) fn settle(file: &Path, mark: Mark, unchanged: Duration, closed: bool) -> Settling {
    let unchanged = unchanged.max(mark.age());
    if !closed && unchanged < QUIET {
        return Settling::Waiting;
    }
    if mark.file.bytes > MOST_BYTES {
        let bytes = mark.file.bytes;
        return Settling::Unreadable(format!("it has {bytes} bytes, where {MOST_BYTES} are allowed"));
    }
    let bytes = match read_component(file) {
        Ok(bytes) => bytes,
        Err(error) if unchanged < GIVE_UP => {
            tracing::debug!("{}: {error}", file.display());
            return Settling::Waiting;
        }
        Err(error) => return Settling::Unreadable(format!("it cannot be read: {error}")),
    };
    let same = Entry::of(file) == Entry::File(mark);
    if same && (is_whole(&bytes) || unchanged >= GIVE_UP) {
        Settling::Complete(bytes.into())
    } else {
        Settling::Waiting
    }
}

/// A component cut off between two sections reads like a whole one, but its exports come last.
fn is_whole(bytes: &[u8]) -> bool {
    match ParsedComponent::of(bytes) {
        Ok(parsed) => !parsed.exports.is_empty(),
        Err(NotComponent::CoreModule | NotComponent::Nested) => true,
        Err(NotComponent::Unreadable(_)) => false,
    }
}
