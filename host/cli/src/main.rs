//! The program `jackfield`: one host in this process for most commands, a server for `serve`.

mod args;
mod board;
mod board_args;
mod browser;
mod commands;
mod config;
mod demo;
mod doctor;
mod kit;
mod kit_args;
mod kit_text;
mod live;
mod maintenance;
mod manual;
mod notify;
mod opening;
mod operate;
mod output;
mod plugin_args;
mod progress;
mod reload;
mod remedies;
mod replay;
mod request;
mod run_args;
mod serve;
mod service;
mod shelve;
mod sign;
mod stop;
mod task_args;
mod tasks;
mod telemetry;
mod todo_args;
mod todos;
mod tokens;
mod webhooks;
mod worker;

use args::{Cli, Command};
use clap::FromArgMatches;
use jackfield::{Host, Work};
use jackfield_render::screen::Screen;
use jackfield_types::{ErrorCode, Problem};
use kit_args::KitCommand;
use opening::{open, settings};
use output::{Outcome, say_problem};
use plugin_args::PluginCommand;
use request::request;
use run_args::RunArgs;
use rustix::process::Signal;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::signal::unix::SignalKind;
use tracing::{Instrument, Span};

/// A run that did not succeed.
const FAILED: u8 = 1;
/// A request that was refused, or a set-up that does not work.
const REFUSED: u8 = 2;

/// How long threads may take that are in the middle of something when a command is done.
const LAST_THREADS: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let matches = manual::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    if let Command::CompileComponent(arguments) = &cli.command {
        return kit::compile(arguments);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            say_problem(
                &Problem::operator(ErrorCode::NoRuntime, error.to_string(), "free some memory or threads"),
                cli.global.json,
            );
            return REFUSED.into();
        }
    };
    take_file_limits_as_errors(&runtime);
    let (telemetry, span) = telemetry(&cli, runtime.handle());
    let json = cli.global.json;
    let work = async {
        match cli.command {
            // What these print is for programs and models, whatever they were started in.
            Command::Serve { .. } | Command::Worker { .. } => run(cli).await,
            _ => Screen::of_stdout().showing(run(cli)).await,
        }
    };
    let ended = runtime.block_on(work.instrument(span));
    // What is left of traces is sent while the runtime is there.
    drop(telemetry);
    // Whatever still works beside it is nothing that anybody waits for.
    runtime.shutdown_timeout(LAST_THREADS);
    match ended {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => FAILED.into(),
        Ok(Outcome::Unusable) => REFUSED.into(),
        Err(problem) => {
            say_problem(&problem, json);
            REFUSED.into()
        }
    }
}

/// A file that grows past the user's limit (`ulimit -f`) is an error to be told, and not the end of this process. The
/// signal is caught, not ignored: programs that are started have the usual answer to it again.
fn take_file_limits_as_errors(runtime: &tokio::runtime::Runtime) {
    let _entered = runtime.enter();
    let kind = SignalKind::from_raw(Signal::XFSZ.as_raw());
    if let Err(error) = tokio::signal::unix::signal(kind) {
        tracing::debug!(%error, "failed to handle SIGXFSZ");
    }
}

async fn run(cli: Cli) -> Result<Outcome, Problem> {
    let global = cli.global;
    match cli.command {
        Command::Demo { keep } => demo::demo(keep, &global).await,
        Command::Config { effective, command } => config::config(effective, command, &global).await,
        Command::Worker { host, token, ca, slots, name } => {
            worker::worker(worker::Asked { host, token, ca, slots, name }, &global).await
        }
        Command::Serve { listen, locked, drain, .. } => {
            serve::serve(serve::Asked { listen, locked, drain }, &global).await
        }
        Command::Plugin(PluginCommand::Sign(command)) => sign::sign(command, global.json),
        Command::Open { print } => browser::open_dashboard(print, &global).await,
        Command::Doctor => doctor::doctor(&global).await,
        Command::Service { system, install } => service::service(system, install, &global),
        Command::Completions { shell } => Ok(manual::completions(shell)),
        Command::Man { folder } => manual::pages(&folder),
        Command::Plugin(PluginCommand::Kit(KitCommand::New(arguments))) => kit::new(&arguments, global.json),
        Command::Plugin(PluginCommand::Kit(KitCommand::Build { folder })) => {
            kit::build(&folder, global.json).await
        }
        Command::Plugin(PluginCommand::List) => {
            let (data, _) = settings(&global)?;
            if let Some(told) = kit::served(&data, global.json).await? {
                return Ok(told);
            }
            let host = open(&global, Work::Nothing).await?;
            let outcome = commands::look(&host, Command::Plugin(PluginCommand::List), global.json).await;
            host.shutdown().await;
            outcome
        }
        Command::Run(arguments) => {
            let request = request(&arguments)?;
            let host = open(&global, Work::Own).await?;
            let outcome = match host.runs().dispatch(request).await {
                Ok(run) => follow(&host, run, &arguments, global.json).await,
                Err(problem) => Err(problem),
            };
            host.shutdown().await;
            outcome
        }
        Command::Consensus { run: arguments, among } => {
            let request = request(&arguments)?;
            let host = open(&global, Work::Own).await?;
            let outcome = match host.runs().dispatch_consensus(request, &among).await {
                Ok(run) => follow(&host, run, &arguments, global.json).await,
                Err(problem) => Err(problem),
            };
            host.shutdown().await;
            outcome
        }
        other => {
            let host = open(&global, Work::Nothing).await?;
            let outcome = commands::look(&host, other, global.json).await;
            host.shutdown().await;
            outcome
        }
    }
}

async fn follow(
    host: &Host,
    run: jackfield_types::RunId,
    arguments: &RunArgs,
    json: bool,
) -> Result<Outcome, Problem> {
    commands::run(host, run, arguments.verbosity.as_deref(), arguments.quiet, json).await
}

/// The server logs what happens; other commands only what goes wrong. Those that have work done are traced.
fn telemetry(cli: &Cli, runtime: &Handle) -> (telemetry::Telemetry, Span) {
    // What is wrong with the configuration is told by the command itself.
    let mut section = settings(&cli.global).map(|(_, config)| config.telemetry).unwrap_or_default();
    let (usual, name) = match &cli.command {
        Command::Serve { log_format, .. } => {
            section.log_format = log_format.unwrap_or(section.log_format);
            ("info", None)
        }
        Command::Worker { .. } => ("info", None),
        Command::Run(_) => ("error", Some("run")),
        Command::Consensus { .. } => ("error", Some("consensus")),
        _ => {
            let telemetry = telemetry::start("error", &section, None);
            return (telemetry, Span::none());
        }
    };
    let telemetry = telemetry::start(usual, &section, Some(runtime));
    (telemetry, name.map_or_else(Span::none, telemetry::command))
}
