//! `plugin grant`, `revoke`, `pin`, `rollback` and `unpin`: what an operator orders of components.

use super::{Outcome, say};
use clap::Subcommand;
use jackfield::Host;
use jackfield_plugins::Grant;
use jackfield_render::text;
use jackfield_types::{PluginKind, Problem};

#[derive(Debug, Subcommand)]
pub(crate) enum OperateCommand {
    /// Grant a dropped-in component what it asks for; a server that runs heeds it at once
    Grant {
        /// executor, chooser, compressor, gate or judge
        kind: PluginKind,
        /// Its own name
        name: String,
        /// A program that it may have started; may be given again
        #[arg(long = "program", value_name = "PROGRAM")]
        programs: Vec<String>,
        /// A variable that may reach that program; may be given again
        #[arg(long = "env", value_name = "NAME")]
        environment: Vec<String>,
        /// An interface of the host: evidence, for a gate that looks at worktrees
        #[arg(long = "import", value_name = "INTERFACE")]
        imports: Vec<String>,
    },
    /// Take back what was granted by command; who asks for it is held from then on
    Revoke {
        /// executor, chooser, compressor, gate or judge
        kind: PluginKind,
        /// Its own name
        name: String,
    },
    /// Have one version serve, whatever is dropped, until it is unpinned
    Pin {
        /// executor, chooser, compressor, gate or judge
        kind: PluginKind,
        /// Its own name
        name: String,
        /// The sha256 of a version that was served or held here before, or its beginning
        digest: String,
    },
    /// Go back to the version that served before, and pin it
    ///
    /// The first version of a new name is put away: whoever was asked before it is asked again, and its bytes are
    /// not taken any more.
    Rollback {
        /// executor, chooser, compressor, gate or judge
        kind: PluginKind,
        /// Its own name
        name: String,
    },
    /// Let what was dropped last serve again
    Unpin {
        /// executor, chooser, compressor, gate or judge
        kind: PluginKind,
        /// Its own name
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
    say(json, || text::ordered(&ordered), &ordered);
    Ok(Outcome::Fine)
}
