//! The author's kit as clap reads it.

use clap::{Args, Subcommand};
use jackfield_kit::Language;
use jackfield_types::PluginKind;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum KitCommand {
    /// Write a folder with everything that a new component needs: source, contract, recipe, cases
    New(NewArgs),
    /// Build the component in a folder with the toolchain of its language
    Build {
        /// The folder that `plugin new` wrote
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Ask a component one thing, and print what it answers, how fast, and in how much memory
    ///
    /// The call is as in service: a fresh instance, its sandbox, its limits.
    Call(Asked),
    /// Hold a component to a file of cases; ends with 1 where one does not pass
    Test {
        /// A `.wasm` file, or the name of one in service
        #[arg(value_name = "FILE_OR_NAME")]
        what: String,
        /// Cases, as TOML or JSON
        cases: PathBuf,
        /// Where several kinds share the name
        #[arg(long)]
        kind: Option<PluginKind>,
    },
    /// Measure what a call costs
    Bench {
        #[command(flatten)]
        asked: Asked,
        /// How often to ask
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        calls: u32,
    },
}

/// What to write.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The component's name, and the folder's
    pub(crate) name: String,
    /// What it decides
    #[arg(long, default_value = "chooser")]
    pub(crate) kind: PluginKind,
    /// What it is written in: rust, js or python
    #[arg(long, default_value = "rust")]
    pub(crate) lang: Language,
    /// Where to make the folder
    #[arg(long = "in", value_name = "FOLDER", default_value = ".")]
    pub(crate) into: PathBuf,
}

/// Whom to ask what.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// A `.wasm` file, or the name of one in service
    #[arg(value_name = "FILE_OR_NAME")]
    pub(crate) what: String,
    /// The function, as the WIT names it: choose, next, compress, plan, …
    pub(crate) function: String,
    /// What it is told, as JSON (or TOML in a file named so); - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<PathBuf>,
    /// Where several kinds share the name
    #[arg(long)]
    pub(crate) kind: Option<PluginKind>,
}

/// What to compile, and what that may use.
#[derive(Debug, Args)]
pub(crate) struct CompileArgs {
    /// Quickly instead of well
    #[arg(long)]
    pub(crate) baseline: bool,
    /// Address space
    #[arg(long)]
    pub(crate) memory_bytes: u64,
    /// Time on the processor
    #[arg(long)]
    pub(crate) cpu_seconds: u64,
    /// Where to write the code
    #[arg(long)]
    pub(crate) code: PathBuf,
}
