//! From bytes to events, and from all that was seen to an outcome.
//!
//! Invariants: what is emitted does not depend on how the bytes are split; the final text is the
//! agent's last message; `finished` is emitted once, by the turn's terminal event.

use crate::describe::DEFAULT_MODEL;
use crate::driving::FailureClass;
use crate::driving::{self, Event, Exit, Outcome, Request, Retrying, Started, Usage, Verdict};
use crate::item::{self, Stage};
use crate::line::{Item, Line};
use crate::{stderr, usage, verdict};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use jackfield_sdk::json::read;
use jackfield_sdk::{Lines, TOO_LONG, clip};

/// As the interface asks of lines that are handed on as they came.
const MOST: usize = 4096;

/// Reads one run of codex.
#[derive(Debug)]
pub struct Reading {
    lines: RefCell<Lines>,
    seen: RefCell<Seen>,
}

/// What has been seen of the run.
#[derive(Debug)]
struct Seen {
    model: String,
    worktree: String,
    prior: Option<Usage>,
    session: Option<String>,
    begun: bool,
    /// The model said or did something.
    heard: bool,
    changed: bool,
    retries: u32,
    answer: String,
    usage: Option<Usage>,
    denied: Vec<String>,
    /// Ids of tool items that have been started and not completed.
    open: Vec<String>,
    last_error: Option<String>,
    end: Option<End>,
}

#[derive(Debug)]
enum End {
    Completed,
    Failed(String),
}

impl driving::GuestReading for Reading {
    fn new(request: Request) -> Self {
        Self {
            lines: RefCell::new(Lines::new()),
            seen: RefCell::new(Seen {
                model: request.model.unwrap_or_else(|| DEFAULT_MODEL.to_string()),
                worktree: request.folders.worktree,
                prior: request.prior_usage.filter(|_| request.session.is_some()),
                session: None,
                begun: false,
                heard: false,
                changed: false,
                retries: 0,
                answer: String::new(),
                usage: None,
                denied: Vec::new(),
                open: Vec::new(),
                last_error: None,
                end: None,
            }),
        }
    }

    fn feed(&self, bytes: Vec<u8>) -> Vec<Event> {
        let mut seen = self.seen.borrow_mut();
        let mut events = Vec::new();
        let mut lines = self.lines.borrow_mut();
        lines.feed(&bytes, |line| seen.line(line, &mut events));
        events.extend((lines.skipped() > 0).then(|| Event::Warning(TOO_LONG.to_string())));
        events
    }

    fn finish(&self, exit: Exit) -> Outcome {
        let mut seen = self.seen.borrow_mut();
        // A last line without its end still counts; its events have nowhere to go any more.
        self.lines.borrow_mut().finish(|line| seen.line(line, &mut Vec::new()));
        seen.outcome(&exit)
    }
}

impl Seen {
    fn line(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        let line: Line<'_> = read(bytes).unwrap_or_default();
        match line.kind.text() {
            Some("thread.started") => {
                self.session = line.thread_id.words().map(ToString::to_string);
                let (session, model) = (self.session.clone(), Some(self.model.clone()));
                events.push(Event::Started(Started { session, model, version: None }));
            }
            Some("turn.started") => self.begun = true,
            Some("item.started") => self.item(&line.item.0, Stage::Started, bytes, events),
            Some("item.updated") => self.item(&line.item.0, Stage::Updated, bytes, events),
            Some("item.completed") => self.item(&line.item.0, Stage::Completed, bytes, events),
            Some("turn.completed") => {
                match &line.usage.0 {
                    Some(tokens) => {
                        let used = usage::since(usage::total(tokens), self.prior.as_ref());
                        let used = usage::later(self.usage, used);
                        self.usage = Some(used);
                        events.push(Event::Usage(used));
                    }
                    // What was told before stands, and does not cover this turn.
                    None => self.usage = self.usage.map(|used| Usage { estimated: true, ..used }),
                }
                self.finished(End::Completed, events);
            }
            Some("turn.failed") => {
                let said = line.error.0.as_ref().and_then(|error| error.message.words());
                let said = said.map(ToString::to_string).or_else(|| self.last_error.take());
                self.finished(End::Failed(said.unwrap_or_default()), events);
            }
            Some("error") => self.error(line.message.text_or_empty(), events),
            _ => events.push(raw(bytes)),
        }
    }

    fn finished(&mut self, end: End, events: &mut Vec<Event>) {
        if self.end.replace(end).is_none() {
            events.push(Event::Finished);
        }
    }

    fn item(&mut self, item: &Option<Item<'_>>, stage: Stage, bytes: &[u8], events: &mut Vec<Event>) {
        let Some(item) = item else { return events.push(raw(bytes)) };
        self.heard |= item.kind.text() != Some("error");
        match (item.kind.text(), stage) {
            (Some("agent_message"), Stage::Completed) => {
                self.answer = item.text.text_or_empty().to_string();
                events.push(Event::Text(self.answer.clone()));
            }
            (Some("reasoning"), Stage::Completed) => {
                events.push(Event::Thought(item.text.text_or_empty().to_string()));
            }
            (Some("agent_message" | "reasoning"), _) => {}
            (Some("error"), _) => events.push(Event::Warning(item.message.text_or_empty().to_string())),
            (Some("todo_list"), _) => events.extend(item::todo(item).map(Event::Thought)),
            _ => match item::call(item) {
                Some(call) => self.tool(item, call, stage, events),
                None => events.push(raw(bytes)),
            },
        }
    }

    fn tool(&mut self, item: &Item<'_>, call: driving::ToolCall, stage: Stage, events: &mut Vec<Event>) {
        let open = self.open.iter().position(|id| *id == call.id);
        let name = call.name.clone();
        // This ensures one call for every result, also for tools that are told of only at the end.
        if open.is_none() {
            self.open.push(call.id.clone());
            events.push(Event::ToolCall(call));
        }
        if stage != Stage::Completed {
            return;
        }
        match open {
            Some(at) => drop(self.open.remove(at)),
            None => drop(self.open.pop()),
        }
        let result = item::result(item);
        if result.summary.contains("requires approval") && !self.denied.contains(&name) {
            self.denied.push(name);
        }
        events.push(Event::ToolResult(result));
        let changed = item::changed(item, &self.worktree);
        self.changed |= !changed.is_empty();
        events.extend(changed);
        if item.kind.text() == Some("collab_tool_call") && item.tool.text() == Some("spawn_agent") {
            events.push(Event::Warning("Codex does not report the tokens of its sub-agents.".to_string()));
        }
    }

    /// Not terminal by itself: codex also tells of its retries in this way.
    fn error(&mut self, said: &str, events: &mut Vec<Event>) {
        self.last_error = Some(said.to_string());
        let Some(rest) = said.strip_prefix("Reconnecting... ") else { return };
        let (count, why) = rest.split_once(" (").unwrap_or((rest, ""));
        let why = why.strip_suffix(')').unwrap_or(why);
        self.retries += 1;
        let (attempt, of) = match count.split_once('/') {
            Some((attempt, of)) => (attempt.parse().unwrap_or(self.retries), of.parse().ok()),
            None => (self.retries, None),
        };
        let failure = verdict::judge(why);
        events.push(Event::Retrying(Retrying {
            attempt,
            of,
            after: failure.retry_after.unwrap_or(0),
            class: failure.class,
            message: failure.message,
        }));
    }

    fn outcome(&mut self, exit: &Exit) -> Outcome {
        for tool in stderr::denied(&exit.stderr) {
            if !self.denied.contains(&tool) {
                self.denied.push(tool);
            }
        }
        let verdict = self.verdict(exit);
        // What the model was heard to do, or may have been doing when the turn was broken off, used
        // tokens that codex never told of.
        let estimated = self.heard || (self.begun && self.end.is_none());
        let untold = Usage { estimated, ..usage::NOTHING };
        Outcome {
            verdict,
            text: core::mem::take(&mut self.answer),
            session: self.session.clone(),
            model: Some(self.model.clone()),
            usage: self.usage.unwrap_or(untold),
            denied: core::mem::take(&mut self.denied),
            turns: None,
        }
    }

    fn verdict(&self, exit: &Exit) -> Verdict {
        let stopped = stderr::stopped(exit);
        // Whoever cancels or refuses to pay has the last word; what the host or the system ended
        // after the result was given changes nothing about the result.
        if let Some((class @ (FailureClass::Cancelled | FailureClass::Budget), stopped)) = stopped {
            return Verdict::Failed(stderr::ended(class, stopped));
        }
        match &self.end {
            Some(End::Completed) if self.answer.is_empty() && !self.changed => {
                Verdict::Failed(verdict::failure(
                    FailureClass::Refused,
                    "The model ended its turn without an answer, which is how codex shows a refusal."
                        .to_string(),
                    Some("Say it differently, or use another model."),
                ))
            }
            Some(End::Completed) => Verdict::Completed,
            Some(End::Failed(said)) => Verdict::Failed(verdict::judge(said)),
            None => Verdict::Failed(match stopped {
                Some((class, stopped)) => stderr::ended(class, stopped),
                None => stderr::silent(exit, self.begun),
            }),
        }
    }
}

fn raw(bytes: &[u8]) -> Event {
    let start = bytes.get(..MOST + 4).unwrap_or(bytes);
    Event::Raw(clip(&String::from_utf8_lossy(start), MOST))
}
