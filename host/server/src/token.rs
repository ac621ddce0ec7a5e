//! The bearer token that every HTTP call carries. Made at first start, kept in a file that only
//! its owner can read, compared in constant time, never printed to a log.

use jackfield_files::{random_hex, write_private};
use jackfield_types::{ErrorCode, Problem};
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::Path;
use subtle::ConstantTimeEq;

/// Bytes of randomness in a token.
const RANDOM: usize = 32;

/// A token, known by its hash.
#[derive(Clone)]
pub struct Token {
    hash: [u8; 32],
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// The token with this text.
    pub fn new(text: &str) -> Self {
        Self { hash: Sha256::digest(text.trim()).into() }
    }

    /// The token kept in `file`; one is made where there is none.
    pub fn kept_in(file: &Path) -> Result<Self, Problem> {
        match std::fs::read_to_string(file) {
            Ok(text) if text.trim().len() >= 16 => Ok(Self::new(&text)),
            Ok(_) => Err(problem(file, "it holds no token of at least 16 characters")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let text = random().map_err(|error| problem(file, &error.to_string()))?;
                write_private(file, format!("{text}\n").as_bytes())
                    .map_err(|error| problem(file, &error.to_string()))?;
                Ok(Self::new(&text))
            }
            Err(error) => Err(problem(file, &error.to_string())),
        }
    }

    /// Names the token without telling it: sessions that were opened with it end when the owner has another one.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::new_with_prefix("jackfield owner").chain_update(self.hash).finalize();
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether `text` is this token. Takes as long whatever `text` is.
    pub fn is(&self, text: &str) -> bool {
        let other: [u8; 32] = Sha256::digest(text).into();
        self.hash.ct_eq(&other).into()
    }
}

fn random() -> std::io::Result<String> {
    Ok(format!("jf_{}", random_hex::<RANDOM>()?))
}

fn problem(file: &Path, why: &str) -> Problem {
    Problem::operator(
        ErrorCode::TokenFile,
        format!("the token file {} cannot be used: {why}", file.display()),
        "delete it and start again; a new one is made",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn owner_token_is_created_once_and_readable_by_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let made = Token::kept_in(&file).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(made.is(text.trim()));
        assert!(Token::kept_in(&file).unwrap().is(text.trim()), "the same one the next time");
        assert!(!made.is("") && !made.is("jf_") && !made.is(&text.trim()[1..]));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn empty_token_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "\n").unwrap();
        assert!(Token::kept_in(&file).unwrap_err().message.contains("token"));
    }
}
