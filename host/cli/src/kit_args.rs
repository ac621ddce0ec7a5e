//! Arguments of the commands for authors of components.

use clap::{Args, Subcommand};
use jackfield_kit::Language;
use jackfield_types::PluginKind;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum KitCommand {
    /// Create a folder for a new component: source, contract, recipe and cases
    New(NewArgs),
    /// Build a component with the toolchain of its language
    Build {
        /// Folder created by `plugin new`
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Call a function of a component and print the answer, time and memory
    ///
    /// The call runs as in service: a fresh instance with the same sandbox and limits.
    Call(Asked),
    /// Test a component against a file of cases
    ///
    /// Exits with 1 if a case fails.
    Test {
        /// Component file (.wasm), or name of an active component
        #[arg(value_name = "FILE_OR_NAME")]
        what: String,
        /// File of cases, TOML or JSON
        cases: PathBuf,
        /// Kind, if several components share the name
        #[arg(long)]
        kind: Option<PluginKind>,
    },
    /// Measure the time and memory of calls
    Bench {
        #[command(flatten)]
        asked: Asked,
        /// Number of calls
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        calls: u32,
    },
}

/// Arguments of `plugin new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Name of the component and of its folder
    pub(crate) name: String,
    /// Kind: executor, chooser, compressor, gate or judge
    #[arg(long, default_value = "chooser")]
    pub(crate) kind: PluginKind,
    /// Language: rust, js or python
    #[arg(long, default_value = "rust")]
    pub(crate) lang: Language,
    /// Parent folder
    #[arg(long = "in", value_name = "FOLDER", default_value = ".")]
    pub(crate) into: PathBuf,
}

/// Arguments of a call.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// Component file (.wasm), or name of an active component
    #[arg(value_name = "FILE_OR_NAME")]
    pub(crate) what: String,
    /// Function, as named in the WIT: choose, next, compress, plan, …
    pub(crate) function: String,
    /// File of facts, JSON or .toml; `-` reads JSON from standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<PathBuf>,
    /// Kind, if several components share the name
    #[arg(long)]
    pub(crate) kind: Option<PluginKind>,
}

/// Arguments of the compile process.
#[derive(Debug, Args)]
pub(crate) struct CompileArgs {
    /// Use the baseline compiler
    #[arg(long)]
    pub(crate) baseline: bool,
    /// Address space limit, in bytes
    #[arg(long)]
    pub(crate) memory_bytes: u64,
    /// CPU time limit, in seconds
    #[arg(long)]
    pub(crate) cpu_seconds: u64,
    /// Output file
    #[arg(long)]
    pub(crate) code: PathBuf,
}
