//! The command line, as clap reads it. Help texts are written for the person who reads them.

use super::kit_args::{CompileArgs, KitCommand};
use super::task_args::{DispatchArgs, ResultArgs, TaskCommand};
use super::todos::TodoCommand;
use super::tokens::{AuditArgs, TokenCommand};
use super::webhooks::WebhooksCommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use jackfield_api::Gate;
use jackfield_config::LogFormat;
use jackfield_types::PluginKind;
use std::path::PathBuf;

/// Runs AI coding agents as durable, budgeted, auditable work.
///
/// Say what should be done; Jackfield picks who does it, runs that agent in a git worktree of its
/// own, watches the budget, and answers in a few tokens. Everything that decides is a sandboxed
/// WebAssembly component that you can replace while it runs.
#[derive(Debug, Parser)]
#[command(
    name = "jackfield",
    version,
    after_help = "First steps:\n  jackfield demo                         see it work, no account needed\n  \
                  jackfield doctor                       what is installed and logged in\n  \
                  jackfield run \"fix the failing test\"   let an agent do it, here\n  \
                  jackfield serve                        MCP, REST, on one local port"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Where records, logs, worktrees and plugins live
    #[arg(long, global = true, env = "JACKFIELD_DATA", value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// Configuration file [default: jackfield.toml in the data folder]
    #[arg(long, global = true, env = "JACKFIELD_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Set any configuration key, e.g. --set run.timeout_s=600
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) set: Vec<(String, String)>,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .ok_or_else(|| format!("'{text}' is not KEY=VALUE"))
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the main job on this machine: no account, nothing left behind
    Demo {
        /// Keep the demo's folder and say where it is
        #[arg(long)]
        keep: bool,
    },
    /// Let an agent do something, and wait for the answer
    Run(RunArgs),
    /// Serve MCP and REST on one local port
    Serve {
        /// Address and port; loopback only
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<String>,
        /// Serve no component but those in plugins.lock
        #[arg(long)]
        locked: bool,
        /// How lines of the log are written [default: telemetry.log_format, else text]
        #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(LogFormat::NAMES).try_map(|name| name.parse::<LogFormat>()))]
        log_format: Option<LogFormat>,
        /// How long to wait for attempts at work when told to stop [default: server.drain_s]
        #[arg(long, value_name = "SECONDS")]
        drain: Option<u64>,
    },
    /// Carry out work for a host on another machine
    ///
    /// It needs no set-up but the agents' own: what is to be worked on comes from the host, and what was done goes
    /// back there, as events, diffs and branches. Agents are given this machine's environment and logins. Where the
    /// host cannot be reached for long, its agents end, so that nothing is done twice.
    Worker {
        /// Its address, like http://10.0.0.5:7700
        #[arg(long, value_name = "URL")]
        host: String,
        /// A token of that host with the scope `work`: jackfield token create NAME --scope work
        #[arg(long, env = "JACKFIELD_WORKER_TOKEN", hide_env_values = true)]
        token: String,
        /// Certificates (PEM) of whoever signed the host's, where this machine does not know them
        #[arg(long, env = "JACKFIELD_WORKER_CA", value_name = "FILE")]
        ca: Option<PathBuf>,
        /// Attempts at once [default: run.max_concurrent]
        #[arg(long, value_name = "NUMBER")]
        slots: Option<usize>,
        /// What people know it by [default: this machine's name]
        #[arg(long)]
        name: Option<String>,
    },
    /// See, check and inspect the components that decide
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Compile the component on standard input; what the host starts for every file that is dropped
    #[command(hide = true)]
    CompileComponent(CompileArgs),
    /// Money: what is spent, what is left, and how to go on
    Breaker {
        #[command(subcommand)]
        command: Option<BreakerCommand>,
    },
    /// List runs, or show one
    Runs {
        /// A run's id, or the beginning of it
        run: Option<String>,
        /// Only these: queued, running, succeeded, failed, cancelled
        #[arg(long)]
        state: Option<String>,
        /// Only of this workspace
        #[arg(long)]
        workspace: Option<String>,
        /// Most to list
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Show what an agent did, step by step
    Logs {
        /// A run's id, or the beginning of it [default: the last run]
        run: Option<String>,
        /// Go on until the run ends
        #[arg(long, short)]
        follow: bool,
        /// Show the diff instead
        #[arg(long, conflicts_with = "follow")]
        diff: bool,
    },
    /// Have several agents do the same thing side by side, and compare what they did
    Consensus {
        #[command(flatten)]
        run: RunArgs,
        /// Who is asked, instead of the two best: two or more, with commas between
        #[arg(long, value_delimiter = ',')]
        among: Vec<String>,
    },
    /// Who carries runs out, and how long the queue is
    Workers,
    /// End a run and everything it started
    Cancel {
        /// A run's id, or the beginning of it
        run: String,
        /// Kept with the run
        #[arg(long, default_value = "cancelled on the command line")]
        reason: String,
    },
    /// Make a run that has ended again, as another run of its task; a server's worker carries it out
    Retry {
        /// A run's id, or the beginning of it
        run: String,
        /// Kept with the run
        #[arg(long, default_value = "retried on the command line")]
        reason: String,
        /// Under the same key it is made once
        #[arg(long, value_name = "KEY")]
        idempotency_key: Option<String>,
    },
    /// Hand work in and get its run's id at once; a server's worker carries it out
    Dispatch(DispatchArgs),
    /// The answer of a run, now or when it has ended
    Result(ResultArgs),
    /// To-dos for people, and runs that wait for a person
    #[command(subcommand)]
    Todo(TodoCommand),
    /// Why things went as they did: every decision about a task or a run, in order
    Explain {
        /// A task's or a run's id, or the beginning of it [default: the last run]
        id: Option<String>,
    },
    /// Keep track of work that is done elsewhere: what it is to be, attempts, cost, end
    #[command(subcommand)]
    Task(TaskCommand),
    /// Who asked what through the port, and what came of it; the newest first
    Audit(AuditArgs),
    /// Who else may come in: tokens, what each allows and when it ends
    #[command(subcommand)]
    Token(TokenCommand),
    /// Who is told of what happens, and how that goes
    Webhooks {
        #[command(subcommand)]
        command: Option<WebhooksCommand>,
    },
    /// Check the set-up and say how to mend what is wrong
    Doctor,
    /// Copy the records to a file while work goes on, and check the copy
    Backup {
        /// A file that does not exist yet
        file: PathBuf,
    },
    /// Delete worktrees, logs and events past their retention
    Prune {
        /// Only say what would go
        #[arg(long)]
        dry_run: bool,
        /// Write the database anew afterwards, without gaps; while nothing is at work
        #[arg(long, conflicts_with = "dry_run")]
        vacuum: bool,
    },
    /// Print a unit for systemd, or put it where systemd looks
    Service {
        /// Of the machine, hardened, instead of one of this user
        #[arg(long)]
        system: bool,
        /// Write the user's unit and say how to start it
        #[arg(long, conflicts_with = "system")]
        install: bool,
    },
    /// Print what makes a shell complete this command line
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
    /// Write the manual into a folder: a page for every command
    Man {
        /// Where, like ~/.local/share/man/man1; it is made where it is not there
        folder: PathBuf,
    },
    /// Print the configuration: the commented default, or what is in force; or check it
    #[command(args_conflicts_with_subcommands = true)]
    Config {
        /// What is in force, all layers applied
        #[arg(long)]
        effective: bool,
        #[command(subcommand)]
        command: Option<ConfigCommand>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// What should be done; `-` reads it from standard input
    pub(crate) instruction: String,
    /// claude, codex, gemini, shell, … [default: the chooser picks]
    #[arg(long, short)]
    pub(crate) executor: Option<String>,
    /// A model of that executor
    #[arg(long, short)]
    pub(crate) model: Option<String>,
    /// A workspace's name, its owner/name, or a path
    #[arg(long, short, default_value = ".")]
    pub(crate) workspace: String,
    /// feature, bugfix, refactor, test, docs, design, review, command, …
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) task_type: Option<String>,
    /// trivial, simple, moderate, complex, epic, or 1 to 10
    #[arg(long)]
    pub(crate) complexity: Option<String>,
    /// change (files must change) or answer (words are enough)
    #[arg(long)]
    pub(crate) expect: Option<String>,
    /// Let the agent look, not change
    #[arg(long)]
    pub(crate) read_only: bool,
    /// summary, mermaid, standard or full
    #[arg(long, short)]
    pub(crate) verbosity: Option<String>,
    /// A command that must succeed in the worktree when the agent is done; may be given again
    #[arg(long = "check", value_name = "COMMAND")]
    pub(crate) checks: Vec<String>,
    /// A gate that must let the work through, like 'file_exists {"path":"README.md"}'; may be given again
    #[arg(long = "gate", value_name = "KIND JSON")]
    pub(crate) gates: Vec<Gate>,
    /// Attempts in all, others being asked where one was not good enough [default: 1 with --executor]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_attempts: Option<u32>,
    /// Higher goes first, -100 to 100
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub(crate) priority: Option<i32>,
    /// Most that this may cost, dollars
    #[arg(long, value_name = "USD")]
    pub(crate) max_cost: Option<f64>,
    /// Longest that the attempt may take, seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
    /// The same key and the same request never run twice
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Say nothing until the answer
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    #[command(flatten)]
    Try(super::replay::TryCommand),
    /// Every component: what serves, what was rejected and why
    List,
    /// Say whether a file would be accepted, and why not; changes nothing
    Check {
        /// A `.wasm` file
        file: PathBuf,
    },
    #[command(flatten)]
    Operate(super::operate::OperateCommand),
    #[command(flatten)]
    Sign(super::sign::SignCommand),
    #[command(flatten)]
    Shelve(super::shelve::ShelveCommand),
    /// What a component is made of, imports, asks for, was granted and answers
    Inspect {
        /// A `.wasm` file, or the name of one in service
        #[arg(value_name = "FILE_OR_NAME")]
        what: String,
        /// Where several kinds share the name
        #[arg(long)]
        kind: Option<PluginKind>,
    },
    #[command(flatten)]
    Kit(KitCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Tell every mistake at once, with its place and what to do; changes nothing
    Check {
        /// A file to check instead of the one that would be read
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BreakerCommand {
    /// What changed the breaker's state, newest first
    History,
    /// Forgive what was spent in this period and go on; recorded with the reason
    Reset {
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Allow more for this day; recorded with the reason
    Raise {
        /// How much more, dollars
        usd: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Record what a run that has ended really cost; recorded with the reason
    Correct {
        /// The run, or the beginning of its id
        run: String,
        /// What it cost in all, dollars
        usd: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
