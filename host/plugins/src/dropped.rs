//! What is known of one file in the drop folder.

use crate::grants::Grant;
use crate::report::{Replaces, State};
use crate::stamp::Mark;
use jackfield_types::{Digest, PluginRef, Timestamp};
use std::time::Instant;

/// What is known of one file in the drop folder.
#[derive(Debug, Clone)]
pub(crate) struct Dropped {
    pub(crate) mark: Mark,
    /// When the mark was last seen to change.
    pub(crate) changed: Instant,
    pub(crate) state: State,
    pub(crate) reason: Option<String>,
    pub(crate) plugin: Option<PluginRef>,
    pub(crate) digest: Option<Digest>,
    /// What it asks for and was not granted, while it is held for that.
    pub(crate) missing: Grant,
    /// What it would serve in the place of, while it is held.
    pub(crate) replaces: Option<Replaces>,
    pub(crate) since: Timestamp,
}

impl Dropped {
    /// One of which nothing is known but how it looks now.
    pub(crate) fn seen(mark: Mark, state: State, since: Timestamp) -> Self {
        Self {
            mark,
            changed: Instant::now(),
            state,
            reason: None,
            plugin: None,
            digest: None,
            missing: Grant::default(),
            replaces: None,
            since,
        }
    }
}
