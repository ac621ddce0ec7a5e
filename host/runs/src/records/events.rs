//! What an adapter read, as events of the run and as lines for somebody who waits.

use jackfield_api::remote::REPORTED;
use jackfield_plugins::facts::driving::Event;
use jackfield_redact::Redactor;
use jackfield_store::{NewRunEvent, RunEvent};
use jackfield_types::{ErrorCode, Problem, Timestamp, clip};
use serde::Serialize;
use serde_json::{Value, json};

/// Longest text that goes into the database, bytes; the whole of it is in the log file.
const LONGEST: usize = 16 << 10;

/// Longest event that a worker elsewhere may tell, bytes: every text in it was cut at [`LONGEST`].
const LONGEST_TOLD: usize = 256 << 10;

/// What a worker elsewhere tells, if it is something that it may tell.
///
/// # Errors
/// A [`Problem`] that names what it may not.
pub fn told_elsewhere(event: NewRunEvent) -> Result<NewRunEvent, Problem> {
    if !REPORTED.contains(&event.kind.as_str()) {
        return Err(Problem::caller(
            ErrorCode::BadEvent,
            format!(
                "failed to record an event: '{}' is not a kind that a worker reports",
                clip(&event.kind, 64)
            ),
            format!("report what happens within an attempt: {}", REPORTED.join(", ")),
        ));
    }
    let payload = clipped(event.payload);
    let bytes = payload.to_string().len();
    if bytes > LONGEST_TOLD {
        return Err(Problem::caller(
            ErrorCode::BadEvent,
            format!("failed to record an event: its payload has {bytes} bytes"),
            format!("send at most {LONGEST_TOLD} bytes; put the whole text into the log file"),
        ));
    }
    Ok(NewRunEvent { payload, ..event })
}

/// One event of an adapter, as it is recorded: without secrets, which are looked for before a text is cut.
pub(crate) fn recorded(at: Timestamp, event: &Event, redactor: &Redactor) -> NewRunEvent {
    let (kind, payload) = match event {
        Event::Started(started) => ("agent_started", whole(started)),
        Event::Text(text) => ("text", json!({ "text": text })),
        Event::Thought(text) => ("thought", json!({ "text": text })),
        Event::ToolCall(call) => ("tool_call", whole(call)),
        Event::ToolResult(result) => ("tool_result", whole(result)),
        Event::FileChange(change) => ("file_change", whole(change)),
        Event::Usage(usage) => ("usage", whole(usage)),
        Event::Limit(limit) => ("limit", whole(limit)),
        Event::Retrying(retrying) => ("retrying", whole(retrying)),
        Event::Warning(text) => ("warning", json!({ "text": text })),
        Event::Finished => ("agent_finished", Value::Null),
        Event::Raw(text) => ("raw", json!({ "text": text })),
    };
    NewRunEvent { at, kind: kind.to_owned(), payload: clipped(redactor.json(payload)) }
}

fn whole(value: &impl Serialize) -> Value {
    let value = serde_json::to_value(value);
    value.unwrap_or_else(|error| json!({ "unreadable": error.to_string() }))
}

/// The same with every text in it short enough for the database.
fn clipped(value: Value) -> Value {
    match value {
        Value::String(text) => clip(&text, LONGEST).into(),
        Value::Array(values) => values.into_iter().map(clipped).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, clipped(value))).collect(),
        other => other,
    }
}

/// What stands in the place of the first events of a run once they are no longer kept; `last` was the last
/// of them.
pub fn gone(last: u64, at: Timestamp) -> RunEvent {
    let text = format!("older events, up to number {last}, are no longer kept");
    RunEvent {
        seq: last,
        at,
        attempt: None,
        kind: "events_gone".to_owned(),
        payload: json!({ "text": text }),
    }
}

/// One line for a person, or nothing where the event is not worth one.
pub fn line(event: &RunEvent) -> Option<String> {
    let field = |name: &str| event.payload.get(name).and_then(Value::as_str).unwrap_or_default();
    let first_line = |text: &str| clip(text.trim().lines().next().unwrap_or_default(), 160);
    let said = match event.kind.as_str() {
        "agent_started" => match (field("model"), field("version")) {
            ("", "") => "agent started".to_owned(),
            (model, "") => format!("agent started, model {model}"),
            (model, version) => format!("agent {version} started, model {model}"),
        },
        "text" => first_line(field("text")),
        "tool_call" => format!("{} {}", field("name"), first_line(field("summary"))),
        "tool_result" if event.payload.get("ok") == Some(&Value::Bool(false)) => {
            format!("failed: {}", first_line(field("summary")))
        }
        "file_change" => format!("{} {}", field("kind"), field("path")),
        "retrying" => format!("retrying: {}", first_line(field("message"))),
        "limit" if event.payload.get("rejected") == Some(&Value::Bool(true)) => {
            format!("rate limit {} reached", field("name"))
        }
        "warning" | "host_warning" => format!("warning: {}", first_line(field("text"))),
        "leftover" => format!("not on the branch: {}", clip(field("text").trim(), 1_000)),
        "worktree" => format!("worktree ready on {}", field("branch")),
        "decision" | "events_gone" => first_line(field("text")),
        "gate" => {
            let ruled =
                if event.payload.get("passed") == Some(&Value::Bool(true)) { "passed" } else { "failed" };
            format!("gate {ruled}: {}", first_line(field("message")))
        }
        "run_queued" => "waiting for a place".to_owned(),
        "run_retried" => format!("repeats run {}", field("of")),
        "run_started" => "started".to_owned(),
        "run_succeeded" => "succeeded".to_owned(),
        "run_failed" => "failed".to_owned(),
        "run_cancelled" => "cancelled".to_owned(),
        _ => return None,
    };
    let agent = field("agent");
    let whose = if agent.is_empty() { String::new() } else { format!("{agent}: ") };
    Some(said).filter(|said| !said.trim().is_empty()).map(|said| format!("{whose}{said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    use jackfield_plugins::facts::driving::{ToolCall, ToolResult};

    #[test]
    fn a_huge_field_is_clipped_as_well() {
        let call = ToolCall {
            id: "1".into(),
            name: "Write".into(),
            summary: "x".repeat(2 * LONGEST),
            input: "{}".into(),
        };
        let event = recorded(Timestamp::UNIX_EPOCH, &Event::ToolCall(call), &Redactor::default());
        let summary = event.payload["summary"].as_str().unwrap();
        assert_eq!(summary.len(), LONGEST + '…'.len_utf8());
        assert_eq!(event.payload["name"], "Write");
    }

    #[test]
    fn a_person_reads_one_line_for_what_matters_and_nothing_for_the_rest() {
        let line = |kind: &str, payload: Value| {
            let (seq, at, attempt) = (1, Timestamp::UNIX_EPOCH, None);
            line(&RunEvent { seq, at, attempt, kind: kind.into(), payload })
        };
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(line("text", json!({ "text": "first\nsecond" })), said("first"));
        assert_eq!(line("text", json!({ "text": "  \n" })), None);
        assert_eq!(line("tool_call", json!({ "name": "Edit", "summary": "a.rs" })), said("Edit a.rs"));
        assert_eq!(line("tool_result", json!({ "ok": true, "summary": "fine" })), None);
        assert_eq!(line("tool_result", json!({ "ok": false, "summary": "no" })), said("failed: no"));
        assert_eq!(line("agent_started", json!({ "model": "m" })), said("agent started, model m"));
        assert_eq!(line("host_warning", json!({ "text": "look" })), said("warning: look"));
        assert_eq!(line("text", json!({ "text": "x", "agent": "codex" })), said("codex: x"));
        assert_eq!(line("run_failed", Value::Null), said("failed"));
        assert_eq!(line("usage", json!({ "input": 5 })), None);
        assert_eq!(line("something_new", Value::Null), None);
    }

    #[test]
    fn what_an_adapter_reads_is_what_a_line_is_made_of() {
        let result = ToolResult { id: "1".into(), ok: false, summary: "no".into() };
        let NewRunEvent { at, kind, payload } =
            recorded(Timestamp::UNIX_EPOCH, &Event::ToolResult(result), &Redactor::default());
        let event = RunEvent { seq: 1, at, attempt: None, kind, payload };
        assert_eq!(line(&event).as_deref(), Some("failed: no"));
    }

    #[test]
    fn a_huge_text_is_clipped_on_a_character() {
        let event = recorded(Timestamp::UNIX_EPOCH, &Event::Text("é".repeat(LONGEST)), &Redactor::default());
        let text = event.payload["text"].as_str().unwrap();
        assert!(text.len() <= LONGEST + '…'.len_utf8() && text.ends_with('…'));
    }
    #[test]
    fn a_secret_that_a_text_is_cut_in_is_replaced_before() {
        let redactor = Redactor::new([("KEY".to_owned(), "sk-0123456789".to_owned())]);
        let text = format!("{}sk-0123456789", "x".repeat(LONGEST - 6));
        let event = recorded(Timestamp::UNIX_EPOCH, &Event::Text(text), &redactor);
        assert!(!event.payload.to_string().contains("sk-"));
    }
}
