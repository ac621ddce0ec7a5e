//! Arguments of `dispatch`, `result` and `task`.

use super::run_args::RunArgs;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct DispatchArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Title in lists [default: first line of the instruction]
    #[arg(long)]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ResultArgs {
    /// Run ID or unique prefix
    pub(crate) run: String,
    /// Seconds to wait for the end of the run
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) wait: u64,
    /// Level of detail: summary, mermaid, standard or full
    #[arg(long, short)]
    pub(crate) verbosity: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// Create a task without a run, for external work
    Init(InitArgs),
    /// Update the specification of a task; without options, show it
    Spec(SpecArgs),
    /// Record and charge an attempt that was made elsewhere
    Write(Box<WriteArgs>),
    /// Close a task
    Close {
        /// Task ID or unique prefix
        task: String,
        /// Final state: done, failed or cancelled
        #[arg(long, default_value = "done")]
        state: String,
        /// Reason, recorded with the task
        #[arg(long)]
        reason: String,
    },
    /// Show a task with its runs, attempts and specification
    Show {
        /// Task ID or unique prefix
        task: String,
    },
    /// List tasks
    List {
        /// Filter by state: ready, in_progress, done, failed, cancelled, …
        #[arg(long)]
        state: Option<String>,
        /// Maximum number of tasks to list
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Instruction; `-` reads it from standard input
    pub(crate) instruction: String,
    /// Title in lists [default: first line of the instruction]
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// Workspace: a configured name or a path
    #[arg(long, short, default_value = ".")]
    pub(crate) workspace: String,
    /// Task type: feature, bugfix, refactor, test, docs, design, review, command, …
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) task_type: Option<String>,
    /// Complexity: trivial, simple, moderate, complex, epic, or 1 to 10
    #[arg(long)]
    pub(crate) complexity: Option<String>,
    /// Programming language [default: detected]
    #[arg(long)]
    pub(crate) language: Option<String>,
    /// Expected result: change (files must change) or answer (text is enough)
    #[arg(long)]
    pub(crate) expect: Option<String>,
    /// Acceptance criterion; repeatable
    #[arg(long = "accept", value_name = "CRITERION")]
    pub(crate) acceptance: Vec<String>,
    /// Idempotency key: a repeated request with the same key makes no second task
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SpecArgs {
    /// Task ID or unique prefix
    pub(crate) task: String,
    /// Instruction; `-` reads it from standard input
    #[arg(long)]
    pub(crate) instruction: Option<String>,
    /// Acceptance criterion; replaces the earlier ones; repeatable
    #[arg(long = "accept", value_name = "CRITERION")]
    pub(crate) acceptance: Vec<String>,
    /// Notes
    #[arg(long)]
    pub(crate) notes: Option<String>,
    /// Show this version
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["instruction", "acceptance", "notes"])]
    pub(crate) version: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct WriteArgs {
    /// Task ID or unique prefix
    pub(crate) task: String,
    /// Executor that made the attempt: active or configured
    #[arg(long, short)]
    pub(crate) executor: String,
    /// Model that was used
    #[arg(long, short)]
    pub(crate) model: Option<String>,
    /// Outcome: succeeded or failed
    #[arg(long)]
    pub(crate) outcome: String,
    /// Failure class: test_fail, wrong_file, timeout, …
    #[arg(long = "class", value_name = "CLASS")]
    pub(crate) failure_class: Option<String>,
    /// Summary of the work or the failure; `-` reads it from standard input
    #[arg(long, default_value = "")]
    pub(crate) summary: String,
    /// Result of the checks: passed, failed or not_run
    #[arg(long)]
    pub(crate) verified: Option<String>,
    /// Duration, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) took: f64,
    /// Cost, in USD [default: computed from the tokens]
    #[arg(long, value_name = "USD")]
    pub(crate) cost: Option<f64>,
    /// Input tokens that were not cached
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub(crate) input: u64,
    /// Input tokens read from a cache
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub(crate) cached_input: u64,
    /// Tokens written to a cache
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub(crate) cache_write: u64,
    /// Output tokens
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub(crate) output: u64,
    /// Branch that holds the work
    #[arg(long)]
    pub(crate) branch: Option<String>,
    /// URL of the result
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// Idempotency key: a repeated request with the same key is charged once
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
}
