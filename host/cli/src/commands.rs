//! What each command does with a host.

use super::args::{BreakerCommand, Command, RunArgs};
use super::output::{Outcome, say, say_answer, say_diff, say_line};
use super::progress::Teller;
use super::remedies;
use super::stop::ToldToStop;
use super::{kit, maintenance, tasks, todos};
use jackfield::{Answer, Host, PruneOptions};
use jackfield_api::{Access, Check, Complexity, ExecuteRequest, Expect, RunsFilter, Word};
use jackfield_config::is_repo;
use jackfield_render::screen::printable_json;
use jackfield_render::{text, text_people, text_workers};
use jackfield_types::{ErrorCode, Micros, Problem, RunId, RunState};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// A day: as long as anything may take.
const DAY: u64 = 24 * 60 * 60;

/// `run`, as typed, to a request.
pub(super) fn request(arguments: &RunArgs) -> Result<ExecuteRequest, Problem> {
    Ok(ExecuteRequest {
        workspace: Some(workspace(&arguments.workspace)),
        executor: arguments.executor.clone(),
        model: arguments.model.clone(),
        task_type: arguments.task_type.clone(),
        complexity: arguments.complexity.clone().map(Complexity::Word),
        expect: expect(arguments.expect.as_deref())?,
        access: arguments.read_only.then_some(Access::Read),
        verbosity: arguments.verbosity.clone(),
        max_cost_usd: arguments.max_cost,
        timeout_s: arguments.timeout,
        wait_s: Some(DAY),
        idempotency_key: arguments.idempotency_key.clone(),
        checks: arguments
            .checks
            .iter()
            .map(|command| Check { command: command.clone(), ..Check::default() })
            .collect(),
        gates: arguments.gates.clone(),
        max_attempts: arguments.max_attempts,
        priority: arguments.priority,
        ..ExecuteRequest::new(instruction(&arguments.instruction)?)
    })
}

/// A workspace, as typed, to what a host takes.
pub(super) fn workspace(given: &str) -> String {
    let workspace = Path::new(given);
    // What is no folder here may be the name of a configured workspace, or its owner/name.
    match workspace.canonicalize() {
        Ok(path) => path.to_string_lossy().into_owned(),
        Err(_) if given.contains('/') && !is_repo(given) => std::path::absolute(workspace)
            .unwrap_or_else(|_| workspace.to_owned())
            .to_string_lossy()
            .into_owned(),
        Err(_) => given.to_owned(),
    }
}

pub(super) fn instruction(given: &str) -> Result<String, Problem> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text).map_err(|error| {
        Problem::caller(
            ErrorCode::UnreadableInput,
            format!("failed to read standard input: {error}"),
            "send UTF-8 text",
        )
    })?;
    Ok(text)
}

pub(super) fn expect(given: Option<&str>) -> Result<Option<Expect>, Problem> {
    match given {
        None => Ok(None),
        Some("change") => Ok(Some(Expect::Change)),
        Some("answer") => Ok(Some(Expect::Answer)),
        Some(other) => Err(Problem::caller(
            ErrorCode::BadExpect,
            format!("--expect is '{other}'"),
            "use change or answer",
        )),
    }
}

/// `run` and `consensus`: until the end; SIGINT, SIGTERM, SIGQUIT or SIGHUP cancels the run and waits for it to be settled.
pub(super) async fn run(
    host: &Host,
    run: RunId,
    verbosity: Option<&str>,
    quiet: bool,
    json: bool,
) -> Result<Outcome, Problem> {
    let mut told_to_stop = ToldToStop::listen_with_terminal();
    let teller = Teller::new(quiet || json);
    let ended = tokio::select! {
        ended = host.runs().watch(run, Duration::from_secs(DAY), |event| teller.tell(event)) => Some(ended?),
        () = teller.watch_money(host, run) => None,
        () = told_to_stop.heard() => None,
    };
    if ended.is_none() {
        host.runs().cancel(run, "interrupted on the command line").await?;
    }
    teller.done();
    let answer = say_answer(json, host.runs().answer(run, verbosity).await?);
    Ok(came_to(&answer))
}

pub(super) const fn came_to(answer: &Answer) -> Outcome {
    if matches!(answer.state, RunState::Succeeded) { Outcome::Fine } else { Outcome::Failed }
}

/// Commands that look at the records, and small changes to them.
pub(super) async fn look(host: &Host, command: Command, json: bool) -> Result<Outcome, Problem> {
    match command {
        Command::Plugin(command) => return kit::plugin(host, command, json).await,
        Command::Dispatch(arguments) => return tasks::dispatch(host, &arguments, json).await,
        Command::Result(arguments) => return tasks::result(host, &arguments, json).await,
        Command::Todo(command) => return todos::todo(host, command, json).await,
        Command::Explain { id } => return tasks::explain(host, id.as_deref(), json).await,
        Command::Task(command) => return tasks::task(host, command, json).await,
        Command::Breaker { command } => breaker(host, command, json).await?,
        Command::Runs { run: Some(run), .. } => {
            let view = host.runs().get(host.runs().find(&run).await?).await?;
            say(json, || text::run(&view), &view);
        }
        Command::Runs { run: None, state, workspace, limit } => {
            let runs = host
                .runs()
                .list(RunsFilter {
                    state: state.map(Word::read),
                    workspace,
                    limit: Some(limit),
                    ..RunsFilter::default()
                })
                .await?;
            say(json, || text::runs(&runs), &runs);
        }
        Command::Logs { run, diff: true, .. } => {
            let run = host.runs().find(run.as_deref().unwrap_or_default()).await?;
            let diff = host.runs().diff(run).await?;
            say_diff(&diff);
        }
        Command::Logs { run, follow, .. } => {
            let run = host.runs().find(run.as_deref().unwrap_or_default()).await?;
            logs(host, run, follow, json).await?;
        }
        Command::Cancel { run, reason } => {
            say_answer(json, host.runs().cancel(host.runs().find(&run).await?, &reason).await?);
        }
        Command::Retry { run, reason, idempotency_key } => {
            if run.trim().is_empty() {
                return Err(Problem::caller(
                    ErrorCode::NoRunId,
                    "the run ID is empty",
                    "give the ID of the run to repeat",
                ));
            }
            let again = host.runs().retry(host.runs().find(&run).await?, idempotency_key, &reason).await?;
            let handle = host.runs().handle(again).await?.named(remedies::command);
            say(json, || text_people::handle(&handle), &handle);
        }
        Command::Backup { file } => return maintenance::backup(host, &file, json).await,
        Command::Prune { dry_run, vacuum } => {
            return maintenance::prune(host, PruneOptions { dry_run, vacuum }, json).await;
        }
        Command::Audit(arguments) => return super::tokens::audit(host, arguments, json).await,
        Command::Webhooks { command } => return super::webhooks::webhooks(host, command, json).await,
        Command::Token(command) => return super::tokens::token(host, command, json).await,
        Command::Workers => {
            let workers = host.workers().list().await?;
            let told = || match workers.workers.is_empty() {
                true => format!("{}\n`jackfield serve` starts one", text_workers::workers(&workers)),
                false => text_workers::workers(&workers),
            };
            say(json, told, &workers);
        }
        Command::Demo { .. }
        | Command::Run(_)
        | Command::Consensus { .. }
        | Command::Serve { .. }
        | Command::Worker { .. }
        | Command::Doctor
        | Command::Service { .. }
        | Command::Completions { .. }
        | Command::Man { .. }
        | Command::CompileComponent(_)
        | Command::Config { .. } => {}
    }
    Ok(Outcome::Fine)
}

async fn logs(host: &Host, run: RunId, follow: bool, json: bool) -> Result<(), Problem> {
    let wait = Duration::from_secs(if follow { DAY } else { 0 });
    let each = |event: &jackfield_store::RunEventRecord| {
        if json {
            say_line(&printable_json(&serde_json::to_string(event).unwrap_or_default()));
        } else if let Some(line) = text::event(event, &event.event()) {
            say_line(&line);
        }
    };
    tokio::select! {
        state = host.runs().follow(run, 0, wait, each) => state.map(drop),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

async fn breaker(host: &Host, command: Option<BreakerCommand>, json: bool) -> Result<(), Problem> {
    match command {
        Some(BreakerCommand::History) => {
            let history = host.budget().history(100).await?;
            say(json, || text::breaker_history(&history), &history);
            return Ok(());
        }
        Some(BreakerCommand::Reset { reason }) => drop(host.budget().reset(&reason).await?),
        Some(BreakerCommand::Raise { usd, reason }) => {
            drop(host.budget().raise(amount(&usd)?, &reason).await?);
        }
        Some(BreakerCommand::Correct { run, usd, reason }) => {
            let (run, cost) = (host.runs().find(&run).await?, amount(&usd)?);
            let corrected = host.budget().correct_cost(run, cost, &reason).await?;
            say(json, || text::corrected(&corrected), &corrected);
            return Ok(());
        }
        None => {}
    }
    let status = host.budget().breaker().await?;
    say(json, || text::breaker(&status), &status);
    Ok(())
}

fn amount(usd: &str) -> Result<Micros, Problem> {
    usd.parse().map_err(|error: jackfield_types::InvalidMoney| {
        Problem::caller(ErrorCode::BadAmount, error.to_string(), "give dollars, like 5 or 0.50")
    })
}
