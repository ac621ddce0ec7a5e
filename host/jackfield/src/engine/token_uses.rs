//! The last use of each token, kept in memory between two writes.

use jackfield_types::{Timestamp, TokenId};
use parking_lot::Mutex;
use std::collections::HashMap;

/// The last use of each token.
#[derive(Default)]
pub(crate) struct Uses(pub(super) Mutex<HashMap<TokenId, Timestamp>>);
