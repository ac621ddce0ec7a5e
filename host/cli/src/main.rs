//! The program `jackfield`: one host in this process for most commands, a server for `serve`.

mod args;
mod commands;
mod config;
mod demo;
mod doctor;
mod kit;
mod kit_args;
mod kit_text;
mod maintenance;
mod manual;
mod notify;
mod operate;
mod progress;
mod reload;
mod replay;
mod serve;
mod service;
mod shelve;
mod sign;
mod stop;
mod task_args;
mod tasks;
mod telemetry;
mod todos;
mod tokens;
mod webhooks;
mod worker;

use args::{Cli, Command, Global, PluginCommand};
use clap::FromArgMatches;
use jackfield::default_data;
use jackfield::{Host, HostBuilder, Principal, Work};
use jackfield_config::{Config, Layers, default_file, load};
use jackfield_render::screen::{Screen, Tone, colours_wanted, printable, printable_json};
use jackfield_types::{ErrorCode, Problem};
use kit_args::KitCommand;
use rustix::process::Signal;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::signal::unix::SignalKind;
use tracing::{Instrument, Span};

/// A run that did not succeed.
const FAILED: u8 = 1;
/// A request that was refused, or a set-up that does not work.
const REFUSED: u8 = 2;

/// Still this very program when its file was replaced while it runs.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// How long threads may take that are in the middle of something when a command is done.
const LAST_THREADS: Duration = Duration::from_secs(1);

/// What a command came to.
enum Outcome {
    Fine,
    /// The work was done and did not succeed.
    Failed,
    /// What was looked at cannot be used, and everything was said about that.
    Unusable,
}

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
        Command::Plugin(args::PluginCommand::Sign(command)) => sign::sign(command, global.json),
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
            let request = commands::request(&arguments)?;
            let host = open(&global, Work::Own).await?;
            let outcome = match host.runs().dispatch(request).await {
                Ok(run) => follow(&host, run, &arguments, global.json).await,
                Err(problem) => Err(problem),
            };
            host.shutdown().await;
            outcome
        }
        Command::Consensus { run: arguments, among } => {
            let request = commands::request(&arguments)?;
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
    arguments: &args::RunArgs,
    json: bool,
) -> Result<Outcome, Problem> {
    commands::run(host, run, arguments.verbosity.as_deref(), arguments.quiet, json).await
}

/// The data folder, and the layers of the configuration.
fn layers(global: &Global) -> Result<(PathBuf, Layers), Problem> {
    let data = match &global.data {
        Some(folder) => std::path::absolute(folder).unwrap_or_else(|_| folder.clone()),
        None => default_data(|name| std::env::var(name).ok()).ok_or_else(|| {
            Problem::operator(
                ErrorCode::NoDataFolder,
                "neither HOME nor XDG_DATA_HOME is set",
                "name a data folder with --data",
            )
        })?,
    };
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with("JACKFIELD_"))?;
        Some((name, value.to_string_lossy().into_owned()))
    });
    let layers = Layers {
        required: global.config.is_some(),
        file: Some(global.config.clone().unwrap_or_else(|| default_file(&data))),
        environment: variables.collect(),
        flags: global.set.clone(),
    };
    Ok((data, layers))
}

/// The data folder and the configuration, all layers applied.
fn settings(global: &Global) -> Result<(PathBuf, Config), Problem> {
    let (data, layers) = layers(global)?;
    Ok((data, load(&layers)?))
}

/// Who asks on the command line, for the record.
const PRINCIPAL: &str = "cli";

/// A host in this process. One that is there for a look watches nothing and works nothing off.
async fn open(global: &Global, work: Work) -> Result<Host, Problem> {
    let (data, config) = settings(global)?;
    let host = builder(data).config(config).watch(work != Work::Nothing).work(work).open().await?;
    telemetry::keep_from_log(&host);
    Ok(host.acting_as(Principal::owner(PRINCIPAL)))
}

/// A host that has dropped components compiled by this program again.
fn builder(data: impl Into<PathBuf>) -> HostBuilder {
    Host::builder(data).compile_apart(THIS_PROGRAM)
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

/// Prints text, or JSON where that was asked for. A closed pipe is not an error.
fn say(json: bool, text: impl FnOnce() -> String, data: &impl serde::Serialize) {
    let line = if json {
        printable_json(&serde_json::to_string_pretty(data).unwrap_or_else(|error| error.to_string()))
    } else {
        text()
    };
    say_line(&line);
}

/// Everything that is printed goes through here, for whoever wrote it.
fn say_line(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", printable(line));
}

/// A diff: on a terminal what can be printed of it, for a program every byte.
fn say_diff(diff: &[u8]) {
    let mut out = std::io::stdout().lock();
    if out.is_terminal() {
        drop(out);
        return say_line(String::from_utf8_lossy(diff).trim_end());
    }
    let end = if diff.ends_with(b"\n") { "" } else { "\n" };
    let _ = out.write_all(diff).and_then(|()| out.write_all(end.as_bytes()));
}

fn say_problem(problem: &Problem, json: bool) {
    let mut errors = std::io::stderr().lock();
    let _ = if json {
        writeln!(errors, "{}", printable_json(&serde_json::json!({ "error": problem }).to_string()))
    } else {
        let colours = errors.is_terminal() && colours_wanted();
        let error = Screen { width: None, colours }.paint(Tone::Bad, "error");
        writeln!(errors, "{}", printable(&format!("{error}: {problem}")))
    };
}
