//! What an agent, or a person, is told of the attempts before: what failed, how, and where the work is.

use crate::execution::ended::Done;
use jackfield_store::{Attempt, CheckResult, RunView};
use jackfield_types::clip;
use jackfield_types::{AttemptState, Outcome, Settled};
use serde_json::{Value, json};
use std::fmt::Write;

/// Longest account of all attempts together, bytes: a few hundred words.
const LONGEST: usize = 6 << 10;
/// Longest piece of what a check printed, bytes.
const LONGEST_OUTPUT: usize = 1_500;
/// Longest piece of what an agent said, bytes.
const LONGEST_ANSWER: usize = 600;

/// One attempt, as it is told.
pub struct Told<'a> {
    attempt: &'a Attempt,
    settled: Option<&'a Settled>,
    outcome: Option<&'a Outcome>,
    checks: &'a [CheckResult],
    answer: &'a str,
    files: Vec<String>,
}

fn attempts<'a>(view: &'a RunView, done: &'a [Done]) -> Vec<Told<'a>> {
    let settled = view.attempts.iter().filter(|attempt| attempt.state == AttemptState::Settled);
    let before = settled.map(|attempt| Told {
        attempt,
        settled: attempt.settled.as_ref(),
        outcome: attempt.outcome.as_ref(),
        checks: attempt.checks.as_deref().unwrap_or_default(),
        answer: attempt.answer.as_deref().unwrap_or_default(),
        files: files_of(view, attempt),
    });
    let now = done.iter().map(|done| Told {
        attempt: &done.attempt,
        settled: Some(&done.settled),
        outcome: Some(&done.ended.outcome),
        checks: &done.ended.checks,
        answer: &done.ended.answer,
        files: done.ended.changed.iter().map(|file| file.path.to_string_lossy().into_owned()).collect(),
    });
    before.chain(now).collect()
}

fn files_of(view: &RunView, attempt: &Attempt) -> Vec<String> {
    let diff =
        view.artifacts.iter().find(|artifact| artifact.attempt == attempt.id && artifact.kind == "diff");
    let files = diff.and_then(|diff| diff.meta.get("files")?.as_array());
    let path = |file: &Value| file.get("path")?.as_str().map(str::to_owned);
    files.into_iter().flatten().filter_map(path).collect()
}

/// What the next agent is told, before the account of the attempts.
const BEFORE: &str = "Earlier attempts at this task were not good enough. You start from the original state; do not repeat their mistakes.\n";

/// For the next agent, below its instruction.
pub fn of(view: &RunView, done: &[Done]) -> String {
    clip(&format!("{BEFORE}{}", account(view, done)), LONGEST)
}

/// For a person who is asked.
pub(crate) fn account(view: &RunView, done: &[Done]) -> String {
    let mut text = String::new();
    for told in attempts(view, done) {
        let who = told.attempt.model.as_deref().unwrap_or(&told.attempt.executor);
        let _ = match told.settled {
            Some(Settled::Failed(failure)) => {
                writeln!(
                    text,
                    "\nAttempt {} ({who}) failed: {}: {}",
                    told.attempt.number, failure.class, failure.message
                )
            }
            _ => writeln!(text, "\nAttempt {} ({who}) was done, and is not enough.", told.attempt.number),
        };
        if !told.files.is_empty() {
            let _ = writeln!(text, "It changed: {}", clip(&told.files.join(", "), 400));
        }
        if let (Some(branch), false) = (&told.attempt.branch, told.files.is_empty()) {
            let _ = writeln!(text, "Its work is on the branch {branch} (git diff HEAD...{branch}).");
        }
        for check in told.checks.iter().filter(|check| !check.passed) {
            if check.gate.is_some() {
                let message = ending(&check.output, LONGEST_OUTPUT);
                let _ = writeln!(text, "The gate {} failed: {message}", clip(&check.command, 200));
                continue;
            }
            let _ = writeln!(
                text,
                "The check `{}` failed. The end of what it printed:\n{}",
                clip(&check.command, 200),
                ending(&check.output, LONGEST_OUTPUT)
            );
        }
        if !told.answer.trim().is_empty() {
            let _ = writeln!(text, "It said: {}", clip(told.answer.trim(), LONGEST_ANSWER));
        }
    }
    clip(&text, LONGEST)
}

/// What a person judges by, as data.
pub(crate) fn evidence(view: &RunView, done: &[Done]) -> Value {
    let attempts: Vec<Value> = attempts(view, done)
        .into_iter()
        .map(|told| {
            json!({
                "attempt": told.attempt.id, "number": told.attempt.number, "round": told.attempt.round,
                "executor": told.attempt.executor, "model": told.attempt.model, "branch": told.attempt.branch,
                "settled": told.settled, "outcome": told.outcome, "checks": told.checks, "files": told.files,
                "answer": clip(told.answer, LONGEST_ANSWER),
            })
        })
        .collect();
    json!({ "task": view.task.id, "run": view.run.id, "instruction": view.task.instruction, "attempts": attempts })
}

/// The last bytes of a text, from the beginning of a character.
fn ending(text: &str, most: usize) -> &str {
    let from = text.len().saturating_sub(most);
    text.get(text.ceil_char_boundary(from)..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_of_a_text_begins_with_a_whole_character() {
        assert_eq!(ending("abc", 10), "abc");
        assert_eq!(ending("aäb", 2), "b");
        assert_eq!(ending("aäb", 3), "äb");
    }
}
