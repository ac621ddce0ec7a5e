//! Randomness that nobody can guess.

use std::fs::File;
use std::io::{self, Read};

/// So many random bytes, in hexadecimal.
///
/// # Errors
/// Where the system has none to give.
pub(crate) fn random_hex<const BYTES: usize>() -> io::Result<String> {
    let mut bytes = [0_u8; BYTES];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
