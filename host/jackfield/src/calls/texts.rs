//! Texts and idempotency keys of requests.

use jackfield_store::Idempotency;
use jackfield_types::{Digest, ErrorCode, Problem};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Longest body or note, bytes.
pub(super) const LONGEST_BODY: usize = 64 << 10;

pub(super) fn text(what: &str, text: String) -> Result<String, Problem> {
    if text.len() <= LONGEST_BODY && !text.contains('\0') {
        return Ok(text);
    }
    Err(Problem::caller(
        ErrorCode::TextTooLong,
        format!("the {what} has {} bytes; at most {LONGEST_BODY} of text are taken", text.len()),
        "put the material into a file and name the file",
    ))
}

/// Returns the key with a digest of the request without its key.
pub(super) fn idempotency(key: Option<String>, mut asked: Value) -> Option<Idempotency> {
    let key = key?;
    if let Some(fields) = asked.as_object_mut().and_then(|all| all.values_mut().next()?.as_object_mut()) {
        fields.remove("idempotency_key");
    }
    let digest = Digest::from_bytes(Sha256::digest(asked.to_string()).into());
    Some(Idempotency { key, digest: digest.to_string() })
}
