//! `plugin pull` and `plugin push`: components from and to a registry.

use super::kit_text::checked;
use super::output::{Outcome, say};
use clap::{Args, Subcommand};
use jackfield::Host;
use jackfield_registry::{Pulled, Pushed, pull, push};
use jackfield_types::{ErrorCode, Problem};
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
            let pulled = pull(host, &reference, how.plain_http).await;
            let pulled = pulled.map_err(|problem| with_option(problem, how.plain_http))?;
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

/// The reference that a tag stands for, with the option that this pull was made with.
fn with_option(problem: Problem, plain_http: bool) -> Problem {
    match problem.subject.as_deref() {
        Some(reference) if plain_http && problem.code == ErrorCode::NoDigest => {
            let reference = format!("{reference} --plain-http");
            problem.about(reference)
        }
        _ => problem,
    }
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
