//! `plugin keygen` and `plugin sign`: signatures of components.

use super::output::{Outcome, say};
use clap::Subcommand;
use jackfield_plugins::{keygen, sign as sign_file};
use jackfield_types::Problem;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum SignCommand {
    /// Create a signing key and print its public key
    Keygen {
        /// File for the secret key; it must not exist
        file: PathBuf,
    },
    /// Sign a component; writes FILE.sig beside it
    Sign {
        /// Component file (.wasm)
        file: PathBuf,
        /// Secret key from `plugin keygen`
        #[arg(long, value_name = "KEYFILE")]
        key: PathBuf,
    },
}

pub(super) fn sign(command: SignCommand, json: bool) -> Result<Outcome, Problem> {
    match command {
        SignCommand::Keygen { file } => {
            let public = keygen(&file)?;
            let told = || {
                format!(
                    "wrote the secret key to {}; keep it private\n\nTo trust it on a host, add to \
                     jackfield.toml:\n[plugins]\nkeys = [\"{public}\"]",
                    file.display()
                )
            };
            say(json, told, &json!({ "file": file, "public_key": public }));
        }
        SignCommand::Sign { file, key } => {
            let (signature, public) = sign_file(&file, &key)?;
            let told = || format!("signed with the key {public}: {}", signature.display());
            say(json, told, &json!({ "signature": signature, "public_key": public }));
        }
    }
    Ok(Outcome::Fine)
}
