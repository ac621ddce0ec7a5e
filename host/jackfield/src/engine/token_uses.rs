//! When each token was used last, kept in memory between two writes.

use jackfield_types::{Timestamp, TokenId};
use parking_lot::Mutex;
use std::collections::HashMap;

/// When each token was last seen to be used.
#[derive(Default)]
pub(crate) struct Uses(pub(super) Mutex<HashMap<TokenId, Timestamp>>);
