//! An explanation as text: each step with what it was made from, who made it, why, and what happened.

use super::screen::one_line;
use super::table::{table, when};
use jackfield_api::{ExplainedCandidate, Explanation, Step, StepKind};
use jackfield_types::Micros;

/// Why a run went as it did, step by step.
pub fn explanation(explanation: &Explanation) -> String {
    let mut parts = vec![format!(
        "task {}  {}\n{}",
        explanation.task_id,
        explanation.state,
        one_line(&explanation.title)
    )];
    parts.extend(explanation.steps.iter().zip(1..).map(|(step, number)| told(step, number)));
    parts.join("\n\n")
}

fn told(step: &Step, number: usize) -> String {
    let digest = step.digest.map(|digest| format!(" (sha256 {})", digest.short())).unwrap_or_default();
    let mut lines =
        vec![format!("{number}. {}  {}, by {}{digest}", when(step.at), title(step), one_line(&step.by))];
    let mut line = |name: &str, text: &str| {
        for (at, part) in text.lines().enumerate() {
            lines.push(format!("   {:9} {part}", if at == 0 { name } else { "" }));
        }
    };
    step.facts.iter().zip(0..).for_each(|(fact, at)| line(if at == 0 { "facts" } else { "" }, fact));
    let (asked, others): (Vec<_>, Vec<_>) =
        step.candidates.iter().partition(|candidate| candidate.rank.is_some() || candidate.eligible);
    if !asked.is_empty() {
        line("who could", &could(&asked));
    }
    others_by_reason(&others)
        .iter()
        .zip(0..)
        .for_each(|(told, at)| line(if at == 0 { "who not" } else { "" }, told));
    line("answer", &step.answer);
    line("why", &step.reason);
    step.notes.iter().zip(0..).for_each(|(note, at)| line(if at == 0 { "noted" } else { "" }, note));
    step.then.iter().zip(0..).for_each(|(then, at)| line(if at == 0 { "then" } else { "" }, then));
    lines.join("\n")
}

fn title(step: &Step) -> String {
    let what = match step.kind {
        StepKind::Asked => "asked",
        StepKind::Checkpoint => "written down",
        StepKind::Choice => "who does it",
        StepKind::Plan => "how it is driven",
        StepKind::Attempt => "what came of it",
        StepKind::Gate => "a gate",
        StepKind::Next => "what follows",
        StepKind::Decision => "decided",
        StepKind::Person => "a person",
        StepKind::Ended => "the end",
        StepKind::Compress => "how it is told",
    };
    match step.attempt {
        Some(number) => format!("{what} (attempt {number})"),
        None => what.to_owned(),
    }
}

/// One line each: place, name, tier and record.
fn could(candidates: &[&ExplainedCandidate]) -> String {
    let row = |candidate: &&ExplainedCandidate| {
        let place = candidate.rank.map_or_else(|| "-".to_owned(), |rank| rank.to_string());
        [place, candidate.name.clone(), candidate.tier.clone(), record(candidate)]
    };
    table(["#", "WHO", "TIER", "LIKE TASKS SO FAR"], candidates.iter().map(row))
}

/// Those who had the same in their way, in one line.
fn others_by_reason(candidates: &[&ExplainedCandidate]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for candidate in candidates {
        match reasons.iter_mut().find(|(why, _)| *why == candidate.why) {
            Some((_, names)) => names.push(&candidate.name),
            None => reasons.push((&candidate.why, vec![&candidate.name])),
        }
    }
    reasons.into_iter().map(|(why, names)| format!("{why}: {}", names.join(", "))).collect()
}

fn record(candidate: &ExplainedCandidate) -> String {
    if candidate.attempts == 0 {
        return "none yet".to_owned();
    }
    let cost = candidate.mean_cost_usd.map(|usd| format!(", {} each", Micros::from_usd(usd)));
    let time = candidate.mean_latency_ms.map(|ms| format!(", {:.1} s", ms as f64 / 1e3));
    format!(
        "{} of {} succeeded, {} checked{}{}",
        candidate.succeeded,
        candidate.attempts,
        candidate.verified,
        cost.unwrap_or_default(),
        time.unwrap_or_default()
    )
}
