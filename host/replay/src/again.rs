//! One recorded decision, made again.

use crate::describe::named;
use jackfield_plugins::Trial;
use jackfield_plugins::facts::{choosing, judging, reporting};
use jackfield_store::PluginCall;
use jackfield_types::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How what is asked on the side is recorded.
const SHADOW: &str = "shadow_";

/// The name under which a function's answer on the side is recorded.
pub fn shadow_name(function: &str) -> String {
    format!("{SHADOW}{function}")
}

/// What the component answers to the facts of a recorded call, as it would be recorded. The error says why it does
/// not.
pub async fn again(trial: &Trial, call: &PluginCall) -> Result<Value, String> {
    let facts = &call.facts;
    let seed = call.seed.unwrap_or_default();
    let now = facts.get("now").and_then(Value::as_i64).and_then(|at| Timestamp::from_millisecond(at).ok());
    let now = now.unwrap_or(call.at);
    match call.function.as_str() {
        "choose" => {
            let (task, candidates): (choosing::Task, Vec<choosing::Candidate>) =
                (field(facts, "task")?, field(facts, "candidates")?);
            let budget = field(facts, "budget")?;
            answered(trial.choose(now, seed, &task, &candidates, &budget).await)
        }
        "next" => {
            let (task, history): (choosing::Task, Vec<choosing::Past>) =
                (field(facts, "task")?, field(facts, "history")?);
            let candidates: Vec<choosing::Candidate> = field(facts, "candidates")?;
            let budget = field(facts, "budget")?;
            answered(trial.next(now, seed, &task, &history, &candidates, &budget).await)
        }
        "compress" => {
            let (level, report): (String, reporting::Report) =
                (field(facts, "level")?, field(facts, "report")?);
            if !trial.levels().iter().any(|own| own.name == level) {
                return Err(format!("it has no level '{level}'"));
            }
            answered(trial.compress(now, seed, &level, &report).await)
        }
        "compare" => {
            let results: Vec<judging::ResultInQuestion> = field(facts, "results")?;
            answered(trial.compare(now, seed, &results).await)
        }
        other => Err(format!("'{other}' is not asked again")),
    }
}

fn answered<T: serde::Serialize>(
    called: Result<jackfield_plugins::Called<T>, jackfield_plugins::PluginError>,
) -> Result<Value, String> {
    let called = called.map_err(|error| error.to_string())?;
    serde_json::to_value(&called.value).map_err(|error| error.to_string())
}

fn field<T: DeserializeOwned>(facts: &Value, name: &str) -> Result<T, String> {
    let value = facts.get(name).cloned().unwrap_or_default();
    serde_json::from_value(value)
        .map_err(|error| format!("the facts on record are of another version ({name}: {error})"))
}

/// Two answers that come to something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The recorded answer.
    pub from: String,
    /// The new answer.
    pub to: String,
}

impl Difference {
    /// None: the answer comes to the same as the recorded one, whatever words it gives for it.
    pub fn between(call: &PluginCall, answer: &Value) -> Option<Self> {
        let (from, to) = (gist(call, &call.answer), gist(call, answer));
        (from != to).then_some(Self { from, to })
    }
}

/// What an answer comes to, in a few words.
fn gist(call: &PluginCall, answer: &Value) -> String {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    match call.function.as_str() {
        "choose" => first(answer).map_or_else(|| "nobody".to_owned(), |choice| candidate(call, choice)),
        "next" => step(call, answer),
        "compress" => {
            let bytes = answer.as_str().map_or(0, str::len);
            format!("{} of {bytes} bytes", short_digest(answer))
        }
        "compare" => {
            let winner = answer.get("winner").and_then(Value::as_u64);
            let agreement = text(answer, "agreement").unwrap_or_default();
            winner.map_or_else(
                || format!("no winner ({agreement})"),
                |winner| format!("result {winner} ({agreement})"),
            )
        }
        _ => answer.to_string(),
    }
}

fn first(answer: &Value) -> Option<&Value> {
    answer.as_array()?.first()
}

/// The candidate behind an index in the answer.
pub fn chosen(call: &PluginCall, choice: &Value) -> Option<(String, Option<String>)> {
    let index = usize::try_from(choice.get("candidate")?.as_u64()?).ok()?;
    let candidate = call.facts.get("candidates")?.get(index)?;
    let text = |name: &str| candidate.get(name).and_then(Value::as_str).map(str::to_owned);
    Some((text("executor")?, text("model")))
}

/// The first choice of an answer to `choose`.
pub fn first_choice(call: &PluginCall, answer: &Value) -> Option<(String, Option<String>)> {
    chosen(call, first(answer)?)
}

fn candidate(call: &PluginCall, choice: &Value) -> String {
    chosen(call, choice).map_or_else(
        || "somebody who is not there".to_owned(),
        |(executor, model)| named(&executor, model.as_deref()),
    )
}

/// A step is an object with one field, whose name says what it is.
fn step(call: &PluginCall, answer: &Value) -> String {
    let Some((name, inner)) = answer.as_object().and_then(|fields| fields.iter().next()) else {
        return answer.to_string();
    };
    match name.to_lowercase().as_str() {
        "retry" => format!("retry with {}", candidate(call, inner)),
        "consensus" => {
            let several = inner.get("candidates").and_then(Value::as_array).map_or(0, Vec::len);
            format!("consensus of {several}")
        }
        other => other.to_owned(),
    }
}

fn short_digest(value: &Value) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(value.to_string());
    let digest: [u8; 32] = digest.into();
    jackfield_types::Digest::from_bytes(digest).to_string().chars().take(8).collect()
}
