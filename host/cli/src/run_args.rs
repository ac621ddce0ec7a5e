//! Arguments of a run, as several commands take them.

use clap::Args;
use jackfield_api::Gate;

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Instruction; `-` reads it from standard input
    pub(crate) instruction: String,
    /// Executor: claude, codex, gemini, shell, … [default: picked by the chooser]
    #[arg(long, short)]
    pub(crate) executor: Option<String>,
    /// Model of the executor
    #[arg(long, short)]
    pub(crate) model: Option<String>,
    /// Workspace: a configured name, owner/name, or a path
    #[arg(long, short, default_value = ".")]
    pub(crate) workspace: String,
    /// Task type: feature, bugfix, refactor, test, docs, design, review, command, …
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) task_type: Option<String>,
    /// Complexity: trivial, simple, moderate, complex, epic, or 1 to 10
    #[arg(long)]
    pub(crate) complexity: Option<String>,
    /// Expected result: change (files must change) or answer (text is enough)
    #[arg(long)]
    pub(crate) expect: Option<String>,
    /// Run read-only
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Level of detail: summary, mermaid, standard or full
    #[arg(long, short)]
    pub(crate) verbosity: Option<String>,
    /// Command that must succeed in the worktree after the agent ends; repeatable
    #[arg(long = "check", value_name = "COMMAND")]
    pub(crate) checks: Vec<String>,
    /// Gate that the work must pass, e.g. 'file_exists {"path":"README.md"}'; repeatable
    #[arg(long = "gate", value_name = "KIND JSON")]
    pub(crate) gates: Vec<Gate>,
    /// Maximum attempts, including those by other executors [default: 1 with --executor]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_attempts: Option<u32>,
    /// Priority, -100 to 100; higher runs first
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub(crate) priority: Option<i32>,
    /// Branch or commit of the workspace's repository to start from [default: what is checked out]
    #[arg(long, value_name = "BRANCH")]
    pub(crate) base: Option<String>,
    /// Maximum cost, in USD
    #[arg(long, value_name = "USD")]
    pub(crate) max_cost: Option<f64>,
    /// Maximum duration of an attempt, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
    /// Idempotency key: a repeated request with the same key does not run twice
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Print nothing until the result
    #[arg(long, short)]
    pub(crate) quiet: bool,
}
