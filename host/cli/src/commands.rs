//! What each command does with a host.

use super::args::{BreakerCommand, Command};
use super::output::{Outcome, say, say_answer, say_diff, say_line};
use super::progress::Teller;
use super::remedies;
use super::request::DAY;
use super::stop::ToldToStop;
use super::{board, kit, live, maintenance, tasks, todos};
use jackfield::{Host, PruneOptions};
use jackfield_api::{RunsFilter, Word};
use jackfield_render::screen::printable_json;
use jackfield_render::{text, text_people, text_workers};
use jackfield_types::{ErrorCode, Micros, Problem, RunId};
use std::time::Duration;

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
    Ok(Outcome::of_run(&answer))
}

/// Commands that look at the records, and small changes to them.
pub(super) async fn look(host: &Host, command: Command, json: bool) -> Result<Outcome, Problem> {
    match command {
        Command::Plugin(command) => return kit::plugin(host, command, json).await,
        Command::Dispatch(arguments) => return tasks::dispatch(host, &arguments, json).await,
        Command::Result(arguments) => return tasks::result(host, &arguments, json).await,
        Command::Todo(command) => return todos::todo(host, command, json).await,
        Command::Board { workspace } => return board::board(host, workspace.as_deref(), json).await,
        Command::Card(command) => return board::card(host, command, json).await,
        Command::Recipe(command) => return board::recipe(host, command, json).await,
        Command::Skill(command) => return board::skill(host, command, json).await,
        Command::Explain { id } => return tasks::explain(host, id.as_deref(), json).await,
        Command::Task(command) => return tasks::task(host, command, json).await,
        Command::Breaker { command } => breaker(host, command, json).await?,
        Command::Runs { run: Some(run), .. } => {
            let view = host.runs().get(host.runs().find(&run).await?).await?;
            say(json, || text::run(&view), &view);
        }
        Command::Top => return live::top(host, json).await,
        Command::Runs { run: None, state, workspace, limit, watch } => {
            let filter = RunsFilter {
                state: state.map(Word::read),
                workspace,
                limit: Some(limit),
                ..RunsFilter::default()
            };
            if watch {
                return live::watch(host, filter, json).await;
            }
            let runs = host.runs().list(filter).await?;
            say(json, || text::runs(&runs), &runs);
        }
        Command::Logs { run, diff: true, .. } => {
            let run = host.runs().find(run.as_deref().unwrap_or_default()).await?;
            let diff = host.output().diff(run).await?;
            say_diff(&diff);
        }
        Command::Logs { run, follow, .. } => {
            let run = host.runs().find(run.as_deref().unwrap_or_default()).await?;
            logs(host, run, follow, json).await?;
        }
        Command::Cancel { run, reason } => {
            say_answer(json, host.runs().cancel(host.runs().find(&run).await?, &reason).await?);
        }
        Command::Choose { run, attempt, reason } => {
            let run = host.runs().find(&run).await?;
            host.runs().choose(run, attempt, &reason).await?;
            say_answer(json, host.runs().answer(run, None).await?);
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
        | Command::Open { .. }
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
