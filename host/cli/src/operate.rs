//! `plugin grant`, `revoke`, `pin`, `rollback` and `unpin`: changes of the plugin policy.

use super::output::{Outcome, say};
use clap::Subcommand;
use jackfield::Host;
use jackfield_plugins::Grant;
use jackfield_render::text;
use jackfield_types::{PluginKind, Problem};

#[derive(Debug, Subcommand)]
pub(crate) enum OperateCommand {
    /// Grant a component what it requests
    ///
    /// A running server applies the grant at once.
    Grant {
        /// Kind: executor, chooser, compressor, gate or judge
        kind: PluginKind,
        /// Name of the component
        name: String,
        /// Program that it may start; repeatable
        #[arg(long = "program", value_name = "PROGRAM")]
        programs: Vec<String>,
        /// Environment variable to pass to its programs; repeatable
        #[arg(long = "env", value_name = "NAME")]
        environment: Vec<String>,
        /// Host interface, e.g. evidence for a gate that reads worktrees; repeatable
        #[arg(long = "import", value_name = "INTERFACE")]
        imports: Vec<String>,
    },
    /// Revoke the grants of a component
    ///
    /// A component that requests what is not granted is held.
    Revoke {
        /// Kind: executor, chooser, compressor, gate or judge
        kind: PluginKind,
        /// Name of the component
        name: String,
    },
    /// Pin a version until it is unpinned, whatever file is dropped
    Pin {
        /// Kind: executor, chooser, compressor, gate or judge
        kind: PluginKind,
        /// Name of the component
        name: String,
        /// Digest (sha256), or unique prefix, of a version that this host has served or held
        digest: String,
    },
    /// Roll back to the previous version and pin it
    ///
    /// A component without a previous version is removed, and rejected from then on. The component that was used before it
    /// is used again.
    Rollback {
        /// Kind: executor, chooser, compressor, gate or judge
        kind: PluginKind,
        /// Name of the component
        name: String,
    },
    /// Unpin a component, so that the latest file is used
    Unpin {
        /// Kind: executor, chooser, compressor, gate or judge
        kind: PluginKind,
        /// Name of the component
        name: String,
    },
}

pub(super) async fn operate(host: &Host, command: OperateCommand, json: bool) -> Result<Outcome, Problem> {
    let ordered = match command {
        OperateCommand::Grant { kind, name, programs, environment, imports } => {
            let grant = Grant {
                programs: programs.into_iter().collect(),
                environment: environment.into_iter().collect(),
                imports: imports.into_iter().collect(),
            };
            host.plugins().grant(kind, &name, &grant).await?
        }
        OperateCommand::Revoke { kind, name } => host.plugins().revoke(kind, &name).await?,
        OperateCommand::Pin { kind, name, digest } => host.plugins().pin(kind, &name, &digest).await?,
        OperateCommand::Rollback { kind, name } => host.plugins().roll_back(kind, &name).await?,
        OperateCommand::Unpin { kind, name } => host.plugins().unpin(kind, &name).await?,
    };
    let told = || match ordered.serving {
        Some(_) => text::ordered(&ordered),
        None => format!("{}\n`jackfield plugin list` shows what is there", text::ordered(&ordered)),
    };
    say(json, told, &ordered);
    Ok(Outcome::Fine)
}
