//! The command line. Doc comments are help texts: imperative, one sentence each.

use super::board_args::{CardCommand, RecipeCommand, SkillCommand};
use super::kit_args::CompileArgs;
use super::plugin_args::PluginCommand;
use super::run_args::RunArgs;
use super::task_args::{DispatchArgs, ResultArgs, TaskCommand};
use super::todo_args::TodoCommand;
use super::tokens::{AuditArgs, TokenCommand};
use super::webhooks::WebhooksCommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use jackfield_config::LogFormat;
use std::path::PathBuf;

/// Run AI coding agents as durable, budgeted, auditable work
///
/// Describe a task. Jackfield chooses an agent, runs it in an isolated git worktree, enforces the budget and returns a
/// short answer. Decisions are made by sandboxed WebAssembly components that you can replace at run time.
#[derive(Debug, Parser)]
#[command(
    name = "jackfield",
    version,
    after_help = "First steps:\n  jackfield demo                         run a demo, no account needed\n  \
                  jackfield doctor                       check the installation and logins\n  \
                  jackfield run \"fix the failing test\"   run a task in this repository\n  \
                  jackfield serve                        serve MCP, REST and the dashboard on a local port\n  \
                  jackfield open                         open the dashboard in a browser"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The heading of the options of every command.
const GLOBAL: &str = "Global options";

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Data folder: records, logs, worktrees and components
    #[arg(long, global = true, help_heading = GLOBAL, env = "JACKFIELD_DATA", value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// Configuration file [default: jackfield.toml in the data folder]
    #[arg(long, global = true, help_heading = GLOBAL, env = "JACKFIELD_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) json: bool,
    /// Set a configuration key, e.g. --set run.timeout_s=600
    #[arg(long = "set", global = true, help_heading = GLOBAL, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) set: Vec<(String, String)>,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .ok_or_else(|| format!("'{text}' is not KEY=VALUE"))
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a demo that needs no account and leaves nothing behind
    Demo {
        /// Keep the demo's folder and print its path
        #[arg(long)]
        keep: bool,
    },
    /// Run a task and wait for the result
    Run(RunArgs),
    /// Serve MCP, REST and the dashboard on one port
    Serve {
        /// Address and port; other than loopback only with TLS or server.plain_http [default: server.listen]
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<String>,
        /// Serve only the components in plugins.lock
        #[arg(long)]
        locked: bool,
        /// Log format [default: telemetry.log_format, else text]
        #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(LogFormat::NAMES).try_map(|name| name.parse::<LogFormat>()))]
        log_format: Option<LogFormat>,
        /// Seconds to wait for running attempts on shutdown [default: server.drain_s]
        #[arg(long, value_name = "SECONDS")]
        drain: Option<u64>,
    },
    /// Open the dashboard of the running server in a browser, logged in
    ///
    /// Prints an address that logs in once, within 5 minutes. Other users of this machine can read the arguments of its
    /// programs; with --print, no program gets the address.
    Open {
        /// Print the address and start no browser
        #[arg(long)]
        print: bool,
    },
    /// Execute runs for a host on another machine
    ///
    /// The worker needs no setup except the agents' own: it fetches commits from the host and returns events, diffs and
    /// branches. Agents get this machine's environment and logins. If the host is unreachable for long, the worker ends its
    /// agents, so that no work is done twice.
    Worker {
        /// Address of the host, e.g. http://10.0.0.5:7700
        #[arg(long, value_name = "URL")]
        host: String,
        /// Token with the scope `work`; on the host: jackfield token create NAME --scope work
        #[arg(long, env = "JACKFIELD_WORKER_TOKEN", hide_env_values = true)]
        token: String,
        /// CA certificates (PEM) of the host, if this machine does not trust them
        #[arg(long, env = "JACKFIELD_WORKER_CA", value_name = "FILE")]
        ca: Option<PathBuf>,
        /// Maximum concurrent attempts [default: run.max_concurrent]
        #[arg(long, value_name = "NUMBER")]
        slots: Option<usize>,
        /// Name of the worker [default: the host name of this machine]
        #[arg(long)]
        name: Option<String>,
    },
    /// Manage components
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Compile the component on standard input; started by the host for each dropped file
    #[command(hide = true)]
    CompileComponent(CompileArgs),
    /// Show spending and limits, or change them
    Breaker {
        #[command(subcommand)]
        command: Option<BreakerCommand>,
    },
    /// List runs, or show one
    Runs {
        /// Run ID or unique prefix
        run: Option<String>,
        /// Filter by state: queued, running, waiting, succeeded, failed, cancelled
        #[arg(long)]
        state: Option<String>,
        /// Filter by workspace
        #[arg(long)]
        workspace: Option<String>,
        /// Maximum number of runs to list
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// Keep the list up to date until interrupted; without a terminal or with --json, print each change
        #[arg(long, short, conflicts_with = "run")]
        watch: bool,
    },
    /// Show what is going on, live: runs, queue, human tasks, money, workers
    ///
    /// Updates until interrupted. Without a terminal or with --json, prints it once.
    Top,
    /// Show the events of a run
    Logs {
        /// Run ID or unique prefix [default: the latest run]
        run: Option<String>,
        /// Follow until the run ends
        #[arg(long, short)]
        follow: bool,
        /// Show the diff instead
        #[arg(long, conflicts_with = "follow")]
        diff: bool,
    },
    /// Run a task with several agents in parallel and compare the results
    Consensus {
        #[command(flatten)]
        run: RunArgs,
        /// Executors, comma-separated, at least two [default: the two best]
        #[arg(long, value_delimiter = ',')]
        among: Vec<String>,
    },
    /// List workers and show the queue length
    Workers,
    /// Cancel a run and end its processes
    Cancel {
        /// Run ID or unique prefix
        run: String,
        /// Reason, recorded with the run
        #[arg(long, default_value = "cancelled on the command line")]
        reason: String,
    },
    /// Repeat an ended run, as another run of its task
    ///
    /// A running server executes it.
    Retry {
        /// Run ID or unique prefix
        run: String,
        /// Reason, recorded with the run
        #[arg(long, default_value = "retried on the command line")]
        reason: String,
        /// Idempotency key: a repeated request with the same key makes no second run
        #[arg(long, value_name = "KEY")]
        idempotency_key: Option<String>,
    },
    /// Choose the work of another attempt of a run that succeeded
    ///
    /// The diff, the branch and the answer of the run are those of the attempt then.
    Choose {
        /// Run ID or unique prefix
        run: String,
        /// Number of the attempt, as `jackfield runs RUN` shows it
        attempt: u32,
        /// Reason, recorded with the run
        #[arg(long)]
        reason: String,
    },
    /// Queue a task and print its run ID
    ///
    /// A running server executes it.
    Dispatch(DispatchArgs),
    /// Show the result of a run
    Result(ResultArgs),
    /// Manage human tasks and answer runs that wait for a decision
    #[command(subcommand)]
    Todo(TodoCommand),
    /// Show the stages of the board
    Board {
        /// Workspace: name, path or ID [default: all]
        #[arg(long, short)]
        workspace: Option<String>,
    },
    /// Manage the cards of the board
    #[command(subcommand)]
    Card(CardCommand),
    /// Manage the recipes of the board's stages
    #[command(subcommand)]
    Recipe(RecipeCommand),
    /// Manage skills
    #[command(subcommand)]
    Skill(SkillCommand),
    /// Show the decisions about a task or a run, and their reasons
    Explain {
        /// Task or run ID, or unique prefix [default: the latest run]
        id: Option<String>,
    },
    /// Manage tasks and record external work
    #[command(subcommand)]
    Task(TaskCommand),
    /// Show the audit log of requests, newest first
    Audit(AuditArgs),
    /// Manage access tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Show webhook deliveries
    Webhooks {
        #[command(subcommand)]
        command: Option<WebhooksCommand>,
    },
    /// Check the installation and suggest fixes
    Doctor,
    /// Copy the database to a file and verify the copy
    ///
    /// Runs may be active meanwhile.
    Backup {
        /// File to create; it must not exist
        file: PathBuf,
    },
    /// Delete worktrees, logs and events past their retention
    Prune {
        /// List what would be deleted
        #[arg(long)]
        dry_run: bool,
        /// Rewrite the database file to reclaim space; no run may be active
        #[arg(long, conflicts_with = "dry_run")]
        vacuum: bool,
    },
    /// Print a systemd unit, or install it
    Service {
        /// Print a hardened system unit instead of a user unit
        #[arg(long)]
        system: bool,
        /// Install the user unit and print how to start it
        #[arg(long, conflicts_with = "system")]
        install: bool,
    },
    /// Generate shell completions
    Completions {
        /// Shell to generate completions for
        shell: clap_complete::Shell,
    },
    /// Generate man pages
    Man {
        /// Output folder, created if missing, e.g. ~/.local/share/man/man1
        folder: PathBuf,
    },
    /// Print or check the configuration
    ///
    /// Without options, prints the commented default configuration.
    #[command(args_conflicts_with_subcommands = true)]
    Config {
        /// Print the effective configuration, with all layers applied
        #[arg(long)]
        effective: bool,
        #[command(subcommand)]
        command: Option<ConfigCommand>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Report every mistake in the configuration, with its location and a fix
    Check {
        /// File to check [default: the configuration file in use]
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BreakerCommand {
    /// List changes of the breaker, newest first
    History,
    /// Reset every limit that is reached, so that work resumes
    Reset {
        /// Reason, recorded with the change
        #[arg(long)]
        reason: String,
    },
    /// Raise the limit for today
    Raise {
        /// Amount to add, in USD
        usd: String,
        /// Reason, recorded with the change
        #[arg(long)]
        reason: String,
    },
    /// Correct the recorded cost of an ended run
    Correct {
        /// Run ID or unique prefix
        run: String,
        /// Actual total cost, in USD
        usd: String,
        /// Reason, recorded with the change
        #[arg(long)]
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
