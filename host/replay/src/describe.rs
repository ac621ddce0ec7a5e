//! What a component was asked and answered, read back from the record in the words of a person.

use jackfield_api::ExplainedCandidate;
use jackfield_plugins::facts::{choosing, types};
use jackfield_store::PluginCall;
use jackfield_types::{Effort, FailureClass, Micros, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A decision of a component, in words.
#[derive(Debug, Default)]
pub struct Told {
    /// The facts, one per line.
    pub facts: Vec<String>,
    /// The candidates of a choice.
    pub candidates: Vec<ExplainedCandidate>,
    /// The answer.
    pub answer: String,
    /// Its reason.
    pub reason: String,
    /// What it told the log and is not said of a candidate.
    pub notes: Vec<String>,
}

/// Whom the chooser picked, of whom, by what.
pub fn choice(call: &PluginCall) -> Told {
    let candidates: Vec<choosing::Candidate> = field(call, "candidates");
    let choices: Vec<choosing::Choice> = read(&call.answer);
    let ranks: Vec<_> =
        choices.iter().map(|choice| (choice.candidate as usize, Some(choice.reason.clone()))).collect();
    let (shown, notes) = explained(&candidates, &ranks, true, call);
    let best = choices.first();
    let named = best.and_then(|best| candidates.get(best.candidate as usize)).map(name);
    Told {
        facts: facts(call, &candidates),
        candidates: shown,
        answer: match (named, best) {
            (Some(named), Some(best)) => format!("{named}, effort {}", effort(best.effort)),
            _ => "nobody".to_owned(),
        },
        reason: best.map(|best| best.reason.clone()).unwrap_or_default(),
        notes,
    }
}

/// What the chooser would have follow an attempt.
pub fn next(call: &PluginCall) -> Told {
    let candidates: Vec<choosing::Candidate> = field(call, "candidates");
    let step: Option<choosing::Step> = serde_json::from_value(call.answer.clone()).ok();
    let named = |index: u32| candidates.get(index as usize).map_or_else(|| "?".to_owned(), name);
    let (answer, reason, asked) = match &step {
        Some(choosing::Step::Done(why)) => ("done".to_owned(), why.clone(), Vec::new()),
        Some(choosing::Step::Stop(why)) => ("stop".to_owned(), why.clone(), Vec::new()),
        Some(choosing::Step::Human(why)) => ("hand it to a person".to_owned(), why.clone(), Vec::new()),
        Some(choosing::Step::Retry(choice)) => {
            let answer = format!("try {}, effort {}", named(choice.candidate), effort(choice.effort));
            (answer, choice.reason.clone(), vec![choice.candidate])
        }
        Some(choosing::Step::Consensus(consensus)) => {
            let names: Vec<_> = consensus.candidates.iter().map(|index| named(*index)).collect();
            let answer = format!("ask {} side by side", names.join(" and "));
            (answer, consensus.reason.clone(), consensus.candidates.clone())
        }
        None => (String::new(), String::new(), Vec::new()),
    };
    let mut facts: Vec<_> = field::<Vec<choosing::Past>>(call, "history").iter().map(past).collect();
    let ranks: Vec<_> = asked.iter().map(|index| (*index as usize, None)).collect();
    // Where nobody is to be asked, who could have been is of no interest.
    let (shown, notes) = if asked.is_empty() {
        (Vec::new(), call.notes.clone())
    } else {
        explained(&candidates, &ranks, false, call)
    };
    facts.extend(budget(call));
    let notes = notes.into_iter().filter(|note| *note != reason).collect();
    Told { facts, candidates: shown, answer, reason, notes }
}

/// How the adapter drives its agent.
pub fn plan(call: &PluginCall) -> Told {
    let text = |field: &str| call.facts.get(field).and_then(Value::as_str).map(str::to_owned);
    let limit = call.facts.get("timeout").and_then(Value::as_u64).map(|ms| format!("at most {}", span(ms)));
    let facts = [
        text("model").map(|model| format!("model {model}")),
        text("effort").map(|effort| format!("effort {}", effort.to_lowercase())),
        text("access").map(|access| format!("access {}", access.to_lowercase())),
        text("session").map(|_| "an earlier session is gone on with".to_owned()),
        limit,
    ];
    let facts: Vec<_> = facts.into_iter().flatten().collect();
    let argv = call.answer.get("argv").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let words: Vec<_> = argv.iter().filter_map(Value::as_str).collect();
    let answer = jackfield_types::clip(words.join(" ").trim(), 160);
    Told { facts: vec![facts.join(", ")], answer, notes: call.notes.clone(), ..Told::default() }
}

/// Whether a gate let the work through, and by what.
pub fn ruling(call: &PluginCall) -> Told {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let kind = call.facts.get("kind").and_then(text).unwrap_or_default();
    let config = call.facts.get("config").map(ToString::to_string).unwrap_or_default();
    let looked_at: Vec<String> = field(call, "looked_at");
    let ruled = call.answer.get("Ok").unwrap_or(&call.answer);
    let refused = call.answer.get("Err").and_then(text);
    let passed = ruled.get("passed").and_then(Value::as_bool);
    let answer = match (refused.is_some(), passed) {
        (true, _) => "refused",
        (_, Some(true)) => "passed",
        _ => "failed",
    };
    let mut facts = vec![jackfield_types::clip(&format!("{kind} {config}"), 300)];
    if !looked_at.is_empty() {
        facts.push(jackfield_types::clip(&format!("looked at {}", looked_at.join(", ")), 300));
    }
    Told {
        facts,
        answer: answer.to_owned(),
        reason: refused.or_else(|| ruled.get("message").and_then(text)).unwrap_or_default(),
        notes: call.notes.clone(),
        ..Told::default()
    }
}

/// At which level the answer was told.
pub fn compress(call: &PluginCall) -> Told {
    let level = call.facts.get("level").and_then(Value::as_str).unwrap_or("?");
    let bytes = call.answer.as_str().map_or(0, str::len);
    Told { answer: format!("{level}, {bytes} bytes"), notes: call.notes.clone(), ..Told::default() }
}

/// Anything else, as it is on record.
pub fn other(call: &PluginCall) -> Told {
    let answer = jackfield_types::clip(&call.answer.to_string(), 300);
    Told { answer, notes: call.notes.clone(), ..Told::default() }
}

fn field<T: DeserializeOwned + Default>(call: &PluginCall, name: &str) -> T {
    call.facts.get(name).map(read).unwrap_or_default()
}

/// What an older host recorded may not read back; then less is told.
fn read<T: DeserializeOwned + Default>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

fn facts(call: &PluginCall, candidates: &[choosing::Candidate]) -> Vec<String> {
    let task: Option<choosing::Task> =
        call.facts.get("task").and_then(|task| serde_json::from_value(task.clone()).ok());
    let mut facts = Vec::new();
    if let Some(task) = task {
        let language = task.language.as_deref().unwrap_or("no language");
        let kind = &task.task_type;
        facts.push(format!("{kind}, complexity {}, {language}, role {}", task.complexity, role(task.role)));
        if !candidates.is_empty() && candidates.iter().all(|candidate| candidate.attempts == 0) {
            facts.push(format!(
                "no history yet: nobody's attempt at a like task ({kind}, {language}) was on record"
            ));
        }
    }
    facts.extend(issues(call));
    facts.extend(budget(call));
    facts
}

/// The quality issues that the chooser was told of, with how to close one.
fn issues(call: &PluginCall) -> Option<String> {
    let issues: Vec<Value> = field(call, "quality_issues");
    let text = |issue: &Value, name: &str| issue.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
    let told = |issue: &Value| format!("{} (task {})", text(issue, "title"), text(issue, "task_id"));
    let named: Vec<_> = issues.iter().take(3).map(told).collect();
    issues.first()?;
    Some(format!(
        "{} quality issue(s) open in this area: {}{}; one is closed with its task",
        issues.len(),
        named.join(", "),
        if issues.len() > named.len() { ", …" } else { "" },
    ))
}

fn budget(call: &PluginCall) -> Option<String> {
    let budget: choosing::Budget = serde_json::from_value(call.facts.get("budget")?.clone()).ok()?;
    let state = match budget.state {
        types::BreakerState::Closed => "closed",
        types::BreakerState::Alert => "alert",
        types::BreakerState::Halted => "halted",
    };
    let left = |amount: Option<u64>, of: &str| Some(format!("{} left {of}", Micros::from(amount?)));
    let lefts = [
        left(budget.day_left, "today"),
        left(budget.month_left, "this month"),
        left(budget.run_left, "for this run"),
    ];
    let lefts: Vec<_> = lefts.into_iter().flatten().collect();
    let lefts = if lefts.is_empty() { String::new() } else { format!(", {}", lefts.join(", ")) };
    Some(format!("breaker {state}{lefts}"))
}

/// The ranked first, then the rest as the chooser was told of them; and what it told the log that is
/// about none of the rest. `all` says that whoever could be asked is among the ranked.
fn explained(
    candidates: &[choosing::Candidate],
    ranks: &[(usize, Option<String>)],
    all: bool,
    call: &PluginCall,
) -> (Vec<ExplainedCandidate>, Vec<String>) {
    let mut notes = call.notes.clone();
    let mut shown = Vec::new();
    for ((index, why), rank) in ranks.iter().zip(1..) {
        let Some(candidate) = candidates.get(*index) else { continue };
        notes.retain(|note| Some(note) != why.as_ref());
        shown.push(candidate_in_words(candidate, Some(rank), true, why.clone().unwrap_or_default()));
    }
    for (index, candidate) in candidates.iter().enumerate() {
        if ranks.iter().any(|(ranked, _)| *ranked == index) {
            continue;
        }
        // The chooser's own words, where it left any; else what is plain from the facts.
        let beginning = format!("{} ", name(candidate));
        let said = notes.iter().position(|note| note.starts_with(&beginning)).map(|at| notes.remove(at));
        let said = said.map(|note| note.trim_start_matches(&beginning).to_owned());
        let plain = in_the_way(candidate, call.at);
        let eligible = !all && plain.is_none();
        let why = said.or(plain.map(str::to_owned)).unwrap_or_else(|| match all {
            true => "the chooser left it out and did not say why".to_owned(),
            false => String::new(),
        });
        let why = why.trim_start_matches("is passed over: ").to_owned();
        shown.push(candidate_in_words(candidate, None, eligible, why));
    }
    (shown, notes)
}

fn candidate_in_words(
    candidate: &choosing::Candidate,
    rank: Option<u32>,
    eligible: bool,
    why: String,
) -> ExplainedCandidate {
    ExplainedCandidate {
        name: name(candidate),
        tier: tier(candidate.tier).to_owned(),
        rank,
        eligible,
        why,
        attempts: candidate.attempts,
        succeeded: candidate.succeeded,
        verified: candidate.verified,
        mean_cost_usd: candidate.mean_cost.map(|cost| Micros::from(cost).usd()),
        mean_latency_ms: candidate.mean_latency,
    }
}

/// What kept a candidate from starting at that time.
fn in_the_way(candidate: &choosing::Candidate, at: Timestamp) -> Option<&'static str> {
    let now = jackfield_core::moment::milliseconds(at);
    match (candidate.installed, candidate.login) {
        (false, _) => Some("not installed"),
        (true, types::Login::LoggedOut) => Some("not logged in"),
        _ if candidate.cooling_until.is_some_and(|until| until > now) => Some("resting after a rate limit"),
        _ => None,
    }
}

fn name(candidate: &choosing::Candidate) -> String {
    named(&candidate.executor, candidate.model.as_deref())
}

/// `executor/model`, or the executor alone where it has no model to name.
pub fn named(executor: &str, model: Option<&str>) -> String {
    match model.filter(|model| !model.is_empty()) {
        Some(model) => format!("{executor}/{model}"),
        None => executor.to_owned(),
    }
}

fn past(past: &choosing::Past) -> String {
    let who = named(&past.executor, past.model.as_deref());
    let came_to = match past.class {
        _ if past.succeeded => "succeeded".to_owned(),
        Some(class) => format!("failed ({})", FailureClass::from(class)),
        None => "failed".to_owned(),
    };
    let checks = match past.verified {
        types::VerifiedAxis::NotRun => "not checked",
        types::VerifiedAxis::Passed => "checks passed",
        types::VerifiedAxis::Failed => "checks failed",
    };
    let cost = past.cost.map(|cost| format!(", {}", Micros::from(cost))).unwrap_or_default();
    format!("{who} {came_to}, {checks}{cost}, {}", span(past.latency))
}

const fn tier(tier: types::Tier) -> &'static str {
    match tier {
        types::Tier::Light => "light",
        types::Tier::Workhorse => "workhorse",
        types::Tier::Strategist => "strategist",
    }
}

const fn role(role: types::Role) -> &'static str {
    match role {
        types::Role::Plan => "plan",
        types::Role::Implement => "implement",
        types::Role::Review => "review",
        types::Role::Test => "test",
    }
}

fn effort(effort: types::Effort) -> &'static str {
    match Effort::from(effort) {
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
    }
}

/// A span as people say it.
pub fn span(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{:.1} s", ms as f64 / 1e3),
        _ => format!("{} min", ms.div_ceil(60_000)),
    }
}
