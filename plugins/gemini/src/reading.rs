//! From bytes to events, and from all that was seen to an outcome.
//!
//! Invariants: what is emitted does not depend on how the bytes are split; `finished` is emitted
//! once, by the `result` event.

use crate::answer::Answer;
use crate::bindings::jackfield::plugin::types::FailureClass;
use crate::describe::DEFAULT_MODEL;
use crate::driving::{self, Event, Exit, Failure, Outcome, Request, Started, Usage, Verdict};
use crate::line::Line;
use crate::tools::Tools;
use crate::{exits, usage, verdict};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use jackfield_sdk::json::read;
use jackfield_sdk::{Lines, TOO_LONG, clip};

/// As the interface asks of lines that are handed on as they came.
const MOST: usize = 4096;

/// Reads one run of gemini.
#[derive(Debug)]
pub struct Reading {
    lines: RefCell<Lines>,
    seen: RefCell<Seen>,
}

/// What has been seen of the run.
#[derive(Debug, Default)]
struct Seen {
    /// None: gemini chooses, and says at the end what it chose.
    model: Option<String>,
    worktree: String,
    session: Option<String>,
    begun: bool,
    /// The model said or did something.
    heard: bool,
    answer: Answer,
    tools: Tools,
    usage: Option<Usage>,
    looped: bool,
    last_error: Option<String>,
    end: Option<End>,
}

#[derive(Debug)]
struct End {
    ok: bool,
    kind: String,
    said: String,
}

impl driving::GuestReading for Reading {
    fn new(request: Request) -> Self {
        let model = request.model.unwrap_or_else(|| DEFAULT_MODEL.to_string());
        let seen = Seen { model: known(&model), worktree: request.folders.worktree, ..Seen::default() };
        Self { lines: RefCell::new(Lines::new()), seen: RefCell::new(seen) }
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
            Some("init") => {
                self.begun = true;
                self.session = line.session_id.words().map(ToString::to_string);
                let model = line.model.words().map(ToString::to_string);
                if let Some(model) = &model {
                    self.model = known(model);
                }
                events.push(Event::Started(Started { session: self.session.clone(), model, version: None }));
            }
            Some("message") => match (line.role.text(), line.content.text()) {
                (Some("assistant"), Some(words)) => {
                    self.heard = true;
                    self.answer.say(words, line.timestamp.text());
                    events.push(Event::Text(words.to_string()));
                }
                // The whole instruction comes back first; whoever reads this gave it.
                (Some("user"), _) => {}
                _ => events.push(raw(bytes)),
            },
            Some("tool_use") => {
                self.heard = true;
                events.push(Event::ToolCall(self.tools.call(&line)));
            }
            Some("tool_result") => {
                self.answer.begin_anew();
                let (result, change) = self.tools.result(&line, &self.worktree);
                events.push(Event::ToolResult(result));
                events.extend(change.map(Event::FileChange));
            }
            Some("error") => self.error(&line, events),
            Some("result") => self.result(&line, events),
            _ => events.push(raw(bytes)),
        }
    }

    fn error(&mut self, line: &Line<'_>, events: &mut Vec<Event>) {
        let said = line.message.text_or_empty();
        self.looped |= said.starts_with("Loop detected");
        if line.severity.text() == Some("error") {
            self.last_error = Some(said.to_string());
        }
        events.push(Event::Warning(said.to_string()));
    }

    fn result(&mut self, line: &Line<'_>, events: &mut Vec<Event>) {
        let ok = line.status.text() == Some("success");
        let error = line.error.0.as_ref();
        let said = error.and_then(|error| error.message.words()).map(ToString::to_string);
        if let Some(stats) = &line.stats.0 {
            let used = usage::later(self.usage, usage::used(stats, self.heard));
            self.usage = Some(used);
            self.model = self.model.take().or_else(|| usage::busiest(stats));
            events.push(Event::Usage(used));
        }
        let end = End {
            ok,
            kind: error.map(|error| error.kind.text_or_empty().to_string()).unwrap_or_default(),
            said: said.or_else(|| self.last_error.take()).unwrap_or_default(),
        };
        if self.end.replace(end).is_none() {
            events.push(Event::Finished);
        }
    }

    fn outcome(&mut self, exit: &Exit) -> Outcome {
        // What was begun and not told of used tokens all the same.
        let untold = Usage { estimated: self.begun, ..usage::NOTHING };
        Outcome {
            verdict: self.judge(exit).map_or(Verdict::Completed, Verdict::Failed),
            text: self.answer.take(),
            session: self.session.clone(),
            model: self.model.clone(),
            usage: self.usage.unwrap_or(untold),
            denied: core::mem::take(&mut self.tools.denied),
            turns: None,
        }
    }

    fn judge(&self, exit: &Exit) -> Option<Failure> {
        let stopped = exits::stopped(exit);
        // Whoever cancels or refuses to pay has the last word; what the host or the system ended
        // after the result was given changes nothing about the result.
        if let Some((class @ (FailureClass::Cancelled | FailureClass::Budget), stopped)) = stopped {
            return Some(exits::ended(class, stopped));
        }
        match (&self.end, stopped) {
            (Some(end), _) if end.ok && self.looped => Some(verdict::failure(
                FailureClass::Unknown,
                "Gemini stopped because it was repeating itself.".to_string(),
                Some("Say the task more exactly, or use another model."),
            )),
            (Some(end), _) if end.ok => None,
            (Some(end), _) => Some(verdict::judge(&end.said, &end.kind, exit.code)),
            (None, Some((class, stopped))) => Some(exits::ended(class, stopped)),
            (None, None) => Some(exits::silent(exit, self.begun)),
        }
    }
}

/// The model, unless that is what gemini is to find out.
fn known(model: &str) -> Option<String> {
    (!model.starts_with("auto")).then(|| model.to_string())
}

fn raw(bytes: &[u8]) -> Event {
    let start = bytes.get(..MOST + 4).unwrap_or(bytes);
    Event::Raw(clip(&String::from_utf8_lossy(start), MOST))
}
