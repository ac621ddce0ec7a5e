//! Arguments of `dispatch`, `result` and `task`.

use super::args::RunArgs;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct DispatchArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// A name for lists [default: the instruction's first line]
    #[arg(long)]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ResultArgs {
    /// A run's id, or the beginning of it
    pub(crate) run: String,
    /// How long to wait for its end, seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) wait: u64,
    /// summary, mermaid, standard or full
    #[arg(long, short)]
    pub(crate) verbosity: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// Make a task without a run, for work that is done elsewhere
    Init(InitArgs),
    /// Write down what a task is to be, or show it where nothing is given
    Spec(SpecArgs),
    /// Log an attempt that was made elsewhere, and charge it
    Write(Box<WriteArgs>),
    /// Say how a task ended
    Close {
        /// Its id, or the beginning of it
        task: String,
        /// done, failed or cancelled
        #[arg(long, default_value = "done")]
        state: String,
        /// Why; kept with the task
        #[arg(long)]
        reason: String,
    },
    /// Show a task with its runs, attempts and specification
    Show {
        /// Its id, or the beginning of it
        task: String,
    },
    /// List tasks
    List {
        /// Only these: ready, in_progress, done, failed, cancelled, …
        #[arg(long)]
        state: Option<String>,
        /// Most to list
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// What should be done; `-` reads it from standard input
    pub(crate) instruction: String,
    /// A name for lists [default: the instruction's first line]
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// A workspace's name or a path
    #[arg(long, short, default_value = ".")]
    pub(crate) workspace: String,
    /// feature, bugfix, refactor, test, docs, design, review, command (run as it is written), …
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) task_type: Option<String>,
    /// trivial, simple, moderate, complex, epic, or 1 to 10
    #[arg(long)]
    pub(crate) complexity: Option<String>,
    /// Programming language [default: detected]
    #[arg(long)]
    pub(crate) language: Option<String>,
    /// change (files must change) or answer (words are enough)
    #[arg(long)]
    pub(crate) expect: Option<String>,
    /// What must hold in the end; give it again for more
    #[arg(long = "accept", value_name = "CRITERION")]
    pub(crate) acceptance: Vec<String>,
    /// The same key and the same request is the same task
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SpecArgs {
    /// The task's id, or the beginning of it
    pub(crate) task: String,
    /// What should be done; `-` reads it from standard input
    #[arg(long)]
    pub(crate) instruction: Option<String>,
    /// What must hold in the end, in place of what was said before; give it again for more
    #[arg(long = "accept", value_name = "CRITERION")]
    pub(crate) acceptance: Vec<String>,
    /// Anything else worth knowing
    #[arg(long)]
    pub(crate) notes: Option<String>,
    /// Show this version
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["instruction", "acceptance", "notes"])]
    pub(crate) version: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct WriteArgs {
    /// The task's id, or the beginning of it
    pub(crate) task: String,
    /// Who made it: an executor that is in service or configured
    #[arg(long, short)]
    pub(crate) executor: String,
    /// With which model
    #[arg(long, short)]
    pub(crate) model: Option<String>,
    /// succeeded or failed
    #[arg(long)]
    pub(crate) outcome: String,
    /// Why it failed: test_fail, wrong_file, timeout, …
    #[arg(long = "class", value_name = "CLASS")]
    pub(crate) failure_class: Option<String>,
    /// What was done, or what went wrong; `-` reads it from standard input
    #[arg(long, default_value = "")]
    pub(crate) summary: String,
    /// What its checks said: passed, failed or not_run
    #[arg(long)]
    pub(crate) verified: Option<String>,
    /// How long it took, seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) took: f64,
    /// What it cost, dollars [default: reckoned from the tokens]
    #[arg(long, value_name = "USD")]
    pub(crate) cost: Option<f64>,
    /// Tokens read afresh
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub(crate) input: u64,
    /// Tokens read from a cache
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub(crate) cached_input: u64,
    /// Tokens written to a cache
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub(crate) cache_write: u64,
    /// Tokens written
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub(crate) output: u64,
    /// The branch that holds the work
    #[arg(long)]
    pub(crate) branch: Option<String>,
    /// Where the result is
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// The same key and the same attempt is charged once
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
}
