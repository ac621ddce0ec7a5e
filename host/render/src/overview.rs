//! What is going on, on one screen: runs, queue, people, money and workers.

use super::screen::{Screen, Tone, one_line};
use super::table::{or_dash, table};
use jackfield_api::{OrchestratorStatus, WorkerLine, WorkersStatus};
use jackfield_store::{BreakerState, BreakerStatus, HumanTask, LimitStatus, RunSummary};
use jackfield_types::{Micros, Timestamp};
use serde::Serialize;

/// Runs of each kind that are shown.
const SHOWN: usize = 12;
/// Characters of a bar.
const BAR: usize = 24;

/// What is going on at one moment.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct Overview {
    pub at: Timestamp,
    pub status: OrchestratorStatus,
    pub running: Vec<RunSummary>,
    pub waiting: Vec<RunSummary>,
    pub queued: Vec<RunSummary>,
    pub human_tasks: Vec<HumanTask>,
    pub breaker: BreakerStatus,
    pub workers: WorkersStatus,
}

/// The overview as text.
pub fn overview(overview: &Overview) -> String {
    let screen = Screen::now();
    let Overview { at, status, running, waiting, queued, human_tasks, breaker, workers } = overview;
    let title = format!(
        "jackfield {}   {}   {} running, {} queued, {} at once   breaker {}",
        status.version,
        at.strftime("%H:%M:%S UTC"),
        status.running,
        status.queued,
        status.max_concurrent,
        screen.paint(tone_of(breaker.state), &breaker.state.to_string()),
    );
    let mut parts = vec![title];
    if !human_tasks.is_empty() {
        let lines =
            human_tasks.iter().take(SHOWN).map(|task| format!("  {}  {}", task.id, one_line(&task.title)));
        let head = screen.paint(Tone::Careful, &format!("needs you: {}", human_tasks.len()));
        parts.push(std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n"));
    }
    parts.push(match running.is_empty() && waiting.is_empty() {
        true => "nothing runs".to_owned(),
        false => going_on(running.iter().chain(waiting), *at),
    });
    if !queued.is_empty() {
        parts.push(line_up(queued, *at));
    }
    parts.push(breaker.limits.iter().map(|limit| money(limit, screen)).collect::<Vec<_>>().join("\n"));
    let workers: Vec<_> = workers.workers.iter().map(|worker| line_of(worker, *at)).collect();
    parts.push(if workers.is_empty() {
        "no worker is on record: queued runs wait for a server".to_owned()
    } else {
        workers.join("\n")
    });
    parts.extend(
        status
            .warnings
            .iter()
            .map(|warning| screen.paint(Tone::Careful, &format!("warning: {}", one_line(warning)))),
    );
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

fn going_on<'r>(runs: impl Iterator<Item = &'r RunSummary>, now: Timestamp) -> String {
    let row = |run: &RunSummary| {
        [
            run.run.to_string(),
            run.state.to_string(),
            or_dash(run.executor.as_ref()),
            since(run.started_at.unwrap_or(run.created_at), now),
            run.cost.to_string(),
            run.title.clone(),
            run.last_event.as_ref().map(|event| event.text.clone()).unwrap_or_default(),
        ]
    };
    table(["RUN", "STATE", "EXECUTOR", "FOR", "COST", "TASK", "LAST"], runs.take(SHOWN).map(row))
}

fn line_up(runs: &[RunSummary], now: Timestamp) -> String {
    let row = |run: &RunSummary| {
        let when = match run.not_before.filter(|due| *due > now) {
            Some(due) => format!("due in {}", since(now, due)),
            None => since(run.created_at, now),
        };
        [run.run.to_string(), run.state.to_string(), or_dash(run.executor.as_ref()), when, run.title.clone()]
    };
    table(["RUN", "STATE", "EXECUTOR", "WAITS", "TASK"], runs.iter().take(SHOWN).map(row))
}

/// A limit as a bar: spent, held, left.
fn money(limit: &LimitStatus, screen: Screen) -> String {
    let whole = limit.limit.amount + limit.allowance;
    let part = |amount: Micros| {
        let share = if whole.0 > 0 { amount.0.max(0) as f64 / whole.0 as f64 } else { 1.0 };
        (share * BAR as f64).round().min(BAR as f64) as usize
    };
    let spent = part(limit.spent);
    let held = part(limit.spent + limit.reserved).saturating_sub(spent);
    let bar = format!("{}{}{}", "█".repeat(spent), "▒".repeat(held), "·".repeat(BAR - spent - held));
    format!(
        "{:<22} {}  {} spent, {} held, {} left of {}",
        format!("{} {}", limit.scope, limit.limit.period.adjective()),
        screen.paint(tone_of(limit.state), &bar),
        limit.spent,
        limit.reserved,
        limit.left,
        limit.amount(),
    )
}

fn line_of(worker: &WorkerLine, now: Timestamp) -> String {
    let heard = since(worker.heartbeat_at, now);
    format!(
        "{}  {} {}, {} of {} slots busy, heartbeat {heard} ago",
        one_line(&worker.name),
        worker.kind,
        worker.state,
        worker.busy,
        worker.slots
    )
}

const fn tone_of(state: BreakerState) -> Tone {
    match state {
        BreakerState::Closed => Tone::Good,
        BreakerState::Alert => Tone::Careful,
        BreakerState::Halted => Tone::Bad,
    }
}

/// The time between two moments, in its two largest units.
fn since(from: Timestamp, to: Timestamp) -> String {
    let seconds = (to.as_second() - from.as_second()).max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h{:02}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d{}h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_between_two_moments_has_its_two_largest_units() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (seconds, text) in
            [(0, "0s"), (59, "59s"), (61, "1m01s"), (3_720, "1h02m"), (90_000, "1d1h"), (-5, "0s")]
        {
            assert_eq!(since(at(100_000), at(100_000 + seconds)), text);
        }
    }
}
