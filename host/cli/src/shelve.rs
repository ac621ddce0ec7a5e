//! `plugin pull` and `plugin push`: components from and to a registry.

use super::kit_text::checked;
use super::output::{Outcome, say};
use clap::{Args, Subcommand};
use jackfield::Host;
use jackfield_registry::{Pulled, Pushed, pull, push};
use jackfield_types::Problem;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum ShelveCommand {
    /// Pull a component from an OCI registry by digest, check it and install it
    #[command(
        after_help = "A reference without a digest is refused; the error shows the current digest of its tag. \
        Credentials are those of `docker login`."
    )]
    Pull {
        /// REGISTRY/REPOSITORY@sha256:DIGEST
        reference: String,
        #[command(flatten)]
        how: How,
    },
    /// Push a component and its signature to an OCI registry
    Push {
        /// Component file (.wasm); FILE.sig is included if present
        file: PathBuf,
        /// REGISTRY/REPOSITORY:TAG
        reference: String,
        #[command(flatten)]
        how: How,
    },
}

#[derive(Debug, Args)]
pub(crate) struct How {
    /// Use HTTP instead of HTTPS, e.g. for a local registry
    #[arg(long)]
    plain_http: bool,
}

pub(super) async fn shelve(host: &Host, command: ShelveCommand, json: bool) -> Result<Outcome, Problem> {
    match command {
        ShelveCommand::Pull { reference, how } => {
            let pulled = pull(host, &reference, how.plain_http).await?;
            say(json, || told(&pulled), &pulled);
        }
        ShelveCommand::Push { file, reference, how } => {
            let pushed = push(host, &file, &reference, how.plain_http).await?;
            let flag = if how.plain_http { " --plain-http" } else { "" };
            say(json, || handed_in(&pushed, flag), &pushed);
        }
    }
    Ok(Outcome::Fine)
}

fn told(pulled: &Pulled) -> String {
    let signed = if pulled.signed { "signed" } else { "not signed" };
    format!("{}\n\nfrom {}, {signed}", checked(&pulled.check), pulled.reference)
}

fn handed_in(pushed: &Pushed, flag: &str) -> String {
    let Pushed { reference, plugin, digest, signed } = pushed;
    let signed = if *signed { "with its signature" } else { "without a signature" };
    format!(
        "pushed {} {} ({}) {signed}\n\nPull it with:\njackfield plugin pull {reference}{flag}",
        plugin.kind,
        plugin.name,
        digest.short()
    )
}
