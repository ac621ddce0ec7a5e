//! `top` and `runs --watch`: views that stay up to date until they are interrupted.
//!
//! On a terminal, each frame replaces the last one on a screen of its own. Elsewhere, `top` prints one frame, and
//! `runs --watch` a line for each change.

use super::output::{Outcome, say};
use super::stop::ToldToStop;
use jackfield::{Change, ChangeFeed, Host};
use jackfield_api::{HumanTasksFilter, RunsFilter};
use jackfield_render::overview::{Overview, overview};
use jackfield_render::screen::{Screen, printable, printable_json};
use jackfield_render::text;
use jackfield_store::RunSummary;
use jackfield_types::{Problem, RunState};
use std::io::{IsTerminal, Write};
use std::time::Duration;
use tokio::time::timeout;

/// How often a frame is drawn without a change: times go on.
const TICK: Duration = Duration::from_secs(1);
/// Rows of a terminal that does not say how many it has.
const ROWS: usize = 24;

/// A screen of its own on the terminal, given back when this is dropped.
struct Canvas;

impl Canvas {
    fn open() -> Self {
        control("\x1b[?1049h\x1b[?25l");
        Self
    }

    /// Replaces what is shown. What does not fit the screen is left out, with a line that says so.
    fn draw(&self, frame: &str) {
        let rows =
            rustix::termios::tcgetwinsize(std::io::stdout()).map_or(ROWS, |size| usize::from(size.ws_row));
        let printed = printable(frame);
        let lines: Vec<_> = printed.lines().collect();
        let fits = lines.len() < rows;
        let shown = lines.iter().take(if fits { lines.len() } else { rows.saturating_sub(1) });
        let mut text = String::from("\x1b[H");
        for line in shown {
            text.push_str(line);
            text.push_str("\x1b[K\n");
        }
        if !fits {
            text.push_str("… enlarge the terminal to see the rest\x1b[K");
        }
        text.push_str("\x1b[J");
        control(&text);
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        control("\x1b[?25h\x1b[?1049l");
    }
}

/// Writes to the terminal as it is. A closed one is not an error.
fn control(text: &str) {
    let mut out = std::io::stdout().lock();
    _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// `top`: runs, queue, people, money and workers.
pub(super) async fn top(host: &Host, json: bool) -> Result<Outcome, Problem> {
    if json || !std::io::stdout().is_terminal() {
        let now = read(host).await?;
        say(json, || overview(&now), &now);
        return Ok(Outcome::Fine);
    }
    let frame = async || Ok(overview(&read(host).await?));
    drawn(host, frame).await
}

/// `runs --watch`: the list, or the lines of it that change.
pub(super) async fn watch(host: &Host, filter: RunsFilter, json: bool) -> Result<Outcome, Problem> {
    if !json && std::io::stdout().is_terminal() {
        let frame = async || Ok(text::runs(&host.runs().list(filter.clone()).await?));
        return drawn(host, frame).await;
    }
    let mut told_to_stop = ToldToStop::listen_with_terminal();
    let mut feed = host.events().changes().await?;
    let state = filter.state.clone().map(jackfield_api::Word::known).transpose()?;
    loop {
        let changes = tokio::select! {
            changes = feed.next() => changes?,
            () = told_to_stop.heard() => None,
        };
        let Some(changes) = changes else { return Ok(Outcome::Fine) };
        for change in changes {
            if let Change::Run(run) = change
                && state.is_none_or(|state| state == run.state)
            {
                tell(&run, json);
            }
        }
    }
}

fn tell(run: &RunSummary, json: bool) {
    let line = match json {
        true => printable_json(&serde_json::to_string(run).unwrap_or_default()),
        false => {
            let doing = run.last_event.as_ref().map(|event| format!("  {}", event.text)).unwrap_or_default();
            format!("{}  {:<9} {}{doing}", run.run, run.state.to_string(), run.title)
        }
    };
    super::output::say_line(&line);
}

/// Draws frames until the command is told to stop.
async fn drawn(host: &Host, frame: impl AsyncFn() -> Result<String, Problem>) -> Result<Outcome, Problem> {
    let mut told_to_stop = ToldToStop::listen_with_terminal();
    let mut feed = host.events().changes().await?;
    let canvas = Canvas::open();
    loop {
        // The terminal may have another size by now.
        let shown = Screen::of_stdout().showing(frame()).await?;
        canvas.draw(&shown);
        tokio::select! {
            goes_on = next(&mut feed) => if !goes_on? { return Ok(Outcome::Fine) },
            () = told_to_stop.heard() => return Ok(Outcome::Fine),
        }
    }
}

/// Waits for a change, a second at most. Returns whether the host goes on.
async fn next(feed: &mut ChangeFeed) -> Result<bool, Problem> {
    match timeout(TICK, feed.next()).await {
        Ok(changes) => Ok(changes?.is_some()),
        Err(_) => Ok(true),
    }
}

async fn read(host: &Host) -> Result<Overview, Problem> {
    let runs = async |state: RunState| {
        let filter = RunsFilter { state: Some(state.into()), limit: Some(50), ..RunsFilter::default() };
        host.runs().list(filter).await
    };
    Ok(Overview {
        at: host.now(),
        status: host.status().orchestrator().await?,
        running: runs(RunState::Running).await?,
        waiting: runs(RunState::Waiting).await?,
        queued: runs(RunState::Queued).await?,
        human_tasks: host.human_tasks().list(HumanTasksFilter::default()).await?,
        breaker: host.budget().breaker().await?,
        workers: host.workers().list().await?,
    })
}
