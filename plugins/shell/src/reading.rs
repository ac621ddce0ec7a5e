//! From output to events: a line each, up to a bound, and the last lines as the answer.

use crate::describe::MODEL;
use crate::driving::{self, Event, Exit, Outcome, Request, Usage, Verdict};
use crate::tail::Tail;
use crate::verdict::judge;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use jackfield_sdk::{Lines, clip};

/// Bytes of a line that are kept.
const MOST: usize = 4096;

/// Lines that become events; what comes after is in the log, and at its end in the answer.
const EVENTS: u32 = 2000;

/// Reads the output of one command.
#[derive(Debug)]
pub struct Reading {
    lines: RefCell<Lines>,
    seen: RefCell<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    scratch: String,
    told: u32,
    tail: Tail,
}

impl driving::GuestReading for Reading {
    fn new(request: Request) -> Self {
        let scratch = format!("{}/", request.folders.scratch);
        let seen = Seen { scratch, ..Seen::default() };
        Self { lines: RefCell::new(Lines::cut_at(MOST + 4)), seen: RefCell::new(seen) }
    }

    fn feed(&self, bytes: Vec<u8>) -> Vec<Event> {
        let mut seen = self.seen.borrow_mut();
        let mut events = Vec::new();
        self.lines.borrow_mut().feed(&bytes, |line| events.extend(seen.line(line)));
        events
    }

    fn finish(&self, exit: Exit) -> Outcome {
        let mut seen = self.seen.borrow_mut();
        self.lines.borrow_mut().finish(|line| drop(seen.line(line)));
        // Only what the shell could not say into its output, because it did not start at all.
        for line in exit.stderr.lines().filter(|line| !line.trim().is_empty()) {
            seen.tail.push(clip(line, MOST));
        }
        Outcome {
            verdict: judge(&exit, &seen.tail).map_or(Verdict::Completed, Verdict::Failed),
            text: seen.tail.text(),
            session: None,
            model: Some(MODEL.to_string()),
            usage: Usage {
                input: 0,
                cached_input: 0,
                cache_write: 0,
                output: 0,
                reasoning: 0,
                cost: Some(0),
                estimated: false,
            },
            denied: Vec::new(),
            turns: None,
        }
    }
}

impl Seen {
    fn line(&mut self, bytes: &[u8]) -> Option<Event> {
        let start = bytes.get(..MOST + 4).unwrap_or(bytes);
        let mut line = clip(&String::from_utf8_lossy(start), MOST);
        // The shell names its file in full when it complains; where that lies concerns nobody.
        if line.contains(&self.scratch) {
            line = line.replace(&self.scratch, "");
        }
        self.tail.push(line.clone());
        self.told = self.told.saturating_add(1);
        match self.told {
            ..=EVENTS => Some(Event::Text(line)),
            told if told == EVENTS + 1 => {
                let message = format!("After {EVENTS} lines, the rest of the output is only in the log.");
                Some(Event::Warning(message))
            }
            _ => None,
        }
    }
}
