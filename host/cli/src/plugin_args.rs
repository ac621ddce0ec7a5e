//! The subcommands of `plugin`.

use super::kit_args::KitCommand;
use super::operate::OperateCommand;
use super::replay::TryCommand;
use super::shelve::ShelveCommand;
use super::sign::SignCommand;
use clap::Subcommand;
use jackfield_types::PluginKind;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    #[command(flatten)]
    Try(TryCommand),
    /// List active and rejected components, with reasons
    List,
    /// Check whether a component file would be accepted; changes nothing
    Check {
        /// Component file (.wasm)
        file: PathBuf,
    },
    #[command(flatten)]
    Operate(OperateCommand),
    #[command(flatten)]
    Sign(SignCommand),
    #[command(flatten)]
    Shelve(ShelveCommand),
    /// Show a component's parts, imports, requests, grants and description
    Inspect {
        /// Component file (.wasm), or name of an active component
        #[arg(value_name = "FILE_OR_NAME")]
        what: String,
        /// Kind, if several components share the name
        #[arg(long)]
        kind: Option<PluginKind>,
    },
    #[command(flatten)]
    Kit(KitCommand),
}
