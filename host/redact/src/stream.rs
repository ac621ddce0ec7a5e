//! Bytes that arrive in pieces: no secret gets through because it was cut.

use super::values::Values;
use std::sync::Arc;

/// Takes secrets out of a byte stream, however it is split.
#[derive(Debug)]
pub struct Stream {
    values: Arc<Values>,
    /// The end of what was fed so far, while it may still be the beginning of a secret.
    held: Vec<u8>,
}

impl Stream {
    pub(super) const fn new(values: Arc<Values>) -> Self {
        Self { values, held: Vec::new() }
    }

    /// What can be shown of `bytes` now; the rest is held until it is clear what it is.
    pub fn feed(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        if self.values.is_empty() {
            return bytes;
        }
        let mut pending = std::mem::take(&mut self.held);
        pending.extend(bytes);
        let (clean, decided) = self.values.replaced(&pending, true);
        let clean = clean.into_owned();
        self.held = pending.split_off(decided);
        clean
    }

    /// The rest, once nothing more will come.
    pub fn finish(&mut self) -> Vec<u8> {
        let rest = std::mem::take(&mut self.held);
        self.values.replaced(&rest, false).0.into_owned()
    }
}
