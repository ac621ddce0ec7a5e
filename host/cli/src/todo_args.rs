//! Arguments of `todo`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum TodoCommand {
    /// List open human tasks and runs that wait for a decision
    List {
        /// Include done and cancelled tasks
        #[arg(long, conflicts_with = "state")]
        all: bool,
        /// Filter by state: open, done, cancelled [default: open]
        #[arg(long)]
        state: Option<String>,
        /// Filter by kind: todo, handoff
        #[arg(long)]
        kind: Option<String>,
        /// Filter by workspace
        #[arg(long, short)]
        workspace: Option<String>,
        /// Maximum number of tasks to list
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Create a human task
    Add(AddArgs),
    /// Show a human task
    Show {
        /// Human task ID or unique prefix
        id: String,
    },
    /// Edit a human task
    Edit(EditArgs),
    /// Mark a human task as done
    Done {
        /// Human task ID or unique prefix
        id: String,
        /// Note, recorded with the task
        #[arg(long)]
        note: Option<String>,
    },
    /// Answer a run that waits for a decision
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Answer {
        /// Human task ID or unique prefix
        id: String,
        /// Try again with this instruction for the agent
        #[arg(long, group = "what", value_name = "TEXT")]
        retry: Option<String>,
        /// Accept the work as it is
        #[arg(long, group = "what")]
        accept: bool,
        /// End the run as failed
        #[arg(long, group = "what")]
        stop: bool,
        /// Executor of the next attempt, with --retry [default: the previous one]
        #[arg(long, short, requires = "retry")]
        executor: Option<String>,
        /// Model of the next attempt, with --retry
        #[arg(long, short, requires = "retry")]
        model: Option<String>,
        /// Note, recorded with the answer
        #[arg(long, conflicts_with = "retry", default_value = "")]
        note: String,
    },
    /// Delete a human task
    Rm {
        /// Human task ID or unique prefix
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Title
    pub(crate) title: String,
    /// Description; `-` reads it from standard input
    #[arg(long, default_value = "")]
    pub(crate) body: String,
    /// Workspace: a configured name or a path
    #[arg(long, short)]
    pub(crate) workspace: Option<String>,
    /// ID of a related task
    #[arg(long, value_name = "ID")]
    pub(crate) task: Option<String>,
    /// ID of a related run
    #[arg(long, value_name = "ID")]
    pub(crate) run: Option<String>,
    /// Priority; higher is listed first
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) priority: Option<i32>,
    /// Due date or time, UTC
    #[arg(long, value_name = "WHEN")]
    pub(crate) due: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// Human task ID or unique prefix
    pub(crate) id: String,
    /// Title
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// Description; `-` reads it from standard input
    #[arg(long)]
    pub(crate) body: Option<String>,
    /// Priority; higher is listed first
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) priority: Option<i32>,
    /// Due date or time, UTC; empty removes it
    #[arg(long, value_name = "WHEN")]
    pub(crate) due: Option<String>,
    /// State: open, done or cancelled
    #[arg(long)]
    pub(crate) state: Option<String>,
    /// Note, recorded with the task
    #[arg(long)]
    pub(crate) note: Option<String>,
}
