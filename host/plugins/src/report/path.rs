//! Paths as people read them.

use serde::{Serialize, Serializer};
use std::path::{Path, PathBuf};

/// A path for people: bytes that are no UTF-8, and characters that cannot be seen, stand as they are written in
/// source code.
pub fn shown(path: &Path) -> String {
    let hidden = |c: char| {
        // Characters that turn round or hide what stands beside them, or break the line.
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    let mut text = String::new();
    for c in utf8(path).chars() {
        if hidden(c) { text.extend(c.escape_default()) } else { text.push(c) }
    }
    text
}

/// A path as text: what is no UTF-8 stands as `\xE9`.
pub(super) fn utf8(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
    }
    text
}

pub(super) fn name<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&utf8(path))
}

#[allow(clippy::ref_option, reason = "as serde calls it")]
pub(super) fn any_name<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
    path.as_deref().map(utf8).serialize(to)
}
