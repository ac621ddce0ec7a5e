//! `plugin`: what is in service, and the author's kit.

use super::kit_args::{Asked, CompileArgs, KitCommand, NewArgs};
use super::kit_text;
use super::output::{Outcome, say};
use super::plugin_args::PluginCommand;
use super::remedies::for_held;
use jackfield::{Host, plugin_file, view_of_server};
use jackfield_kit::Cases;
use jackfield_plugins::{CheckVerdict, CompileLimits, Compiled, PluginStatus, compile_alone, shown};
use jackfield_render::screen::printable;
use jackfield_render::table::when;
use jackfield_render::{text, text_components};
use jackfield_types::{Clock, ErrorCode, PluginKind, Problem, SystemClock};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How long a file that is being written is waited for: longer than one that is not whole is given.
const SETTLING: Duration = Duration::from_secs(5);

pub(super) async fn plugin(host: &Host, command: PluginCommand, json: bool) -> Result<Outcome, Problem> {
    host.plugins().settle(SETTLING).await?;
    match command {
        PluginCommand::Try(command) => return super::replay::tried(host, command, json).await,
        PluginCommand::Sign(command) => return super::sign::sign(command, json),
        PluginCommand::Shelve(command) => return super::shelve::shelve(host, command, json).await,
        PluginCommand::Operate(command) => return super::operate::operate(host, command, json).await,
        PluginCommand::List => {
            let plugins = host.plugins().list();
            let folder = shown(&host.plugins().folder());
            list(&plugins, &folder, "no server runs on this data folder; this is what one would load", json);
        }
        PluginCommand::Check { file } => {
            let report = host.plugins().check(&file).await?;
            say(json, || kit_text::checked(&report), &report);
            if report.verdict != CheckVerdict::WouldServe {
                return Ok(Outcome::Failed);
            }
        }
        PluginCommand::Inspect { what, kind } => match plugin_file(&what) {
            Some(file) => {
                let inspection = host.plugins().inspect_file(file).await?;
                say(json, || text::file(&inspection), &inspection);
            }
            None => {
                let inspection = host.plugins().inspect(kind, &what)?;
                say(json, || text::inspection(&inspection), &inspection);
            }
        },
        PluginCommand::Kit(command) => return kit(host, command, json).await,
    }
    Ok(Outcome::Fine)
}

/// `plugin list` where a server runs over the data folder: what it has in service, not what this process would have.
///
/// # Errors
/// A [`Problem`] where that server does not answer.
pub(super) async fn served(data: &Path, json: bool) -> Result<Option<Outcome>, Problem> {
    let view = view_of_server(data).await.map_err(|process| {
        Problem::operator(
            ErrorCode::ServerSilent,
            format!(
                "failed to list components: process {process} serves over {} and does not answer",
                data.display()
            ),
            "look into its log; where it hangs, stop it and ask again",
        )
    })?;
    Ok(view.map(|view| {
        let whose = format!("as the server has it (process {}, {})", view.process, when(view.at));
        list(&view.plugins, &view.folder, &whose, json);
        Outcome::Fine
    }))
}

fn list(plugins: &[PluginStatus], folder: &str, whose: &str, json: bool) {
    let told = || {
        let held = for_held(plugins);
        let held = if held.is_empty() { held } else { format!("\n{held}") };
        format!("{}{held}\n\n{whose}\ndrop .wasm files into {folder}", text::plugins(plugins))
    };
    say(json, told, &plugins);
}

/// `plugin new`: needs no host.
pub(super) fn new(arguments: &NewArgs, json: bool) -> Result<Outcome, Problem> {
    let made = jackfield_kit::new(&arguments.into, &arguments.name, arguments.kind, arguments.lang)?;
    say(json, || kit_text::made(&made), &made);
    Ok(Outcome::Fine)
}

/// `plugin build`: neither.
pub(super) async fn build(folder: &Path, json: bool) -> Result<Outcome, Problem> {
    let tell = |step: &str| drop(writeln!(std::io::stderr().lock(), "{}", printable(step)));
    let built = jackfield_kit::build(folder, &jackfield_process::host_environment(), tell).await?;
    say(json, || kit_text::built(&built), &built);
    Ok(Outcome::Fine)
}

/// The whole work of a process that the host started to compile one component.
pub(super) fn compile(arguments: &CompileArgs) -> ExitCode {
    let CompileArgs { baseline, memory_bytes, cpu_seconds, ref code } = *arguments;
    let compiled = if baseline { Compiled::Baseline } else { Compiled::Optimised };
    match compile_alone(compiled, code, CompileLimits { memory_bytes, cpu_seconds }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(std::io::stderr().lock(), "{}", printable(&why.to_string()));
            ExitCode::FAILURE
        }
    }
}

async fn kit(host: &Host, command: KitCommand, json: bool) -> Result<Outcome, Problem> {
    match command {
        KitCommand::Call(Asked { what, function, facts, kind }) => {
            let facts = jackfield_kit::read_facts(facts.as_deref())?;
            let trial = host.plugins().try_out(kind, &what).await?;
            let asking = jackfield_kit::asking(&trial, &function, facts, SystemClock.now())?;
            let said = trial.ask(&asking).await?;
            say(json, || text_components::said(&said), &said);
        }
        // Those were seen to before there was a host.
        KitCommand::New(_) | KitCommand::Build { .. } => {}
        KitCommand::Test { what, cases, kind } => return test(host, &what, &cases, kind, json).await,
        KitCommand::Bench { asked: Asked { what, function, facts, kind }, calls } => {
            let facts = jackfield_kit::read_facts(facts.as_deref())?;
            let trial = host.plugins().try_out(kind, &what).await?;
            let asking = jackfield_kit::asking(&trial, &function, facts, SystemClock.now())?;
            let trial = trial.optimised().await?;
            let report = jackfield_kit::bench(&trial, &function, &asking, calls).await?;
            say(json, || kit_text::bench(&report), &report);
        }
    }
    Ok(Outcome::Fine)
}

async fn test(
    host: &Host,
    what: &str,
    cases: &Path,
    kind: Option<PluginKind>,
    json: bool,
) -> Result<Outcome, Problem> {
    let cases: Cases = jackfield_kit::read_file(cases)?;
    let trial = host.plugins().try_out(kind, what).await?;
    let report = jackfield_kit::test(&trial, &cases, SystemClock.now()).await?;
    say(json, || kit_text::tested(&report), &report);
    Ok(if report.failed == 0 { Outcome::Fine } else { Outcome::Failed })
}
