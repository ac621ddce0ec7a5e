//! What happens, as it happens, on standard error: on a terminal each step as a line, and below them a line that
//! moves, with a bar of the budget; plain lines elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use jackfield::{Host, event_line};
use jackfield_api::RecordedRequest;
use jackfield_render::screen::{Screen, Tone, colours_wanted, one_line, printable};
use jackfield_render::text;
use jackfield_store::{Action, BreakerStatus, RunEventRecord, RunView};
use jackfield_types::{Micros, RunId};
use std::io::{IsTerminal, Write};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often the line moves, and how often it is looked what is spent.
const TICK: Duration = Duration::from_millis(120);
const LOOK: Duration = Duration::from_millis(500);

/// Where progress is told.
pub(super) enum Teller {
    Quiet,
    Lines,
    Live(ProgressBar),
}

impl Teller {
    pub(super) fn new(quiet: bool) -> Self {
        if quiet {
            return Self::Quiet;
        }
        if !std::io::stderr().is_terminal() {
            return Self::Lines;
        }
        let bar = ProgressBar::new(0);
        let template = match colours_wanted() {
            true => "{spinner:.cyan} {elapsed} [{bar:20.cyan}] {wide_msg}",
            false => "{spinner} {elapsed} [{bar:20}] {wide_msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(TICK);
        Self::Live(bar)
    }

    pub(super) fn tell(&self, record: &RunEventRecord) {
        let event = record.event();
        let Some(line) = event_line(&event, record.agent.as_deref()) else { return };
        match self {
            Self::Quiet => {}
            Self::Lines => {
                let _ = writeln!(std::io::stderr().lock(), "· {}", printable(&line));
            }
            Self::Live(bar) => {
                let screen = Screen { width: None, colours: colours_wanted() };
                let dot = screen.paint(Tone::Aside, "·");
                let line = text::event_tone(&event).map_or(line.clone(), |tone| screen.paint(tone, &line));
                bar.println(printable(&format!("{dot} {line}")));
            }
        }
    }

    /// Keeps the bar at what is spent, for ever.
    pub(super) async fn watch_money(&self, host: &Host, run: RunId) {
        let Self::Live(bar) = self else { return std::future::pending().await };
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            let (Ok(view), Ok(breaker)) = (host.runs().get(run).await, host.budget().breaker().await) else {
                continue;
            };
            let spending = Spending::of(&view, &breaker);
            bar.set_length(spending.of.unsigned().max(1));
            bar.set_position(spending.spent.unsigned());
            bar.set_message(one_line(&spending.told(&view)));
        }
    }

    pub(super) fn done(&self) {
        if let Self::Live(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// How far money has gone, against what bounds it most.
#[derive(Debug, PartialEq, Eq)]
struct Spending {
    spent: Micros,
    of: Micros,
    /// Whose bound it is.
    whose: &'static str,
}

impl Spending {
    /// Against the run's own limit where it has one, else against what halts everything first.
    fn of(view: &RunView, breaker: &BreakerStatus) -> Self {
        let spent = view.attempts.iter().map(|attempt| attempt.cost).sum();
        let own = RecordedRequest::of(&view.run).ok().and_then(|request| request.max_cost_usd());
        if let Some(own) = own {
            return Self { spent, of: Micros::from_usd(own), whose: "this run" };
        }
        let limits = breaker.limits.iter().filter(|limit| limit.limit.action == Action::Halt);
        match limits.min_by_key(|limit| limit.left) {
            Some(limit) => Self {
                spent: limit.spent,
                of: limit.limit.amount + limit.allowance,
                whose: limit.limit.period.adjective(),
            },
            None => Self { spent, of: Micros::ZERO, whose: "no limit" },
        }
    }

    fn told(&self, view: &RunView) -> String {
        let who = view.attempts.last().map(|attempt| {
            let model = attempt.model.as_deref().unwrap_or_default();
            format!("{} {model}", attempt.executor).trim().to_owned()
        });
        let own: Micros = view.attempts.iter().map(|attempt| attempt.cost).sum();
        let bound = match self.whose {
            "this run" => format!("{own} of {}", self.of),
            "no limit" => own.to_string(),
            whose => format!("{own}; {whose} {} of {}", self.spent, self.of),
        };
        format!("{bound}  {}", who.unwrap_or_else(|| view.run.state.to_string()))
    }
}
