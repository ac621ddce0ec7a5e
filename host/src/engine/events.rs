//! What an adapter read, as events of the run and as lines for somebody who waits.

use jackfield_plugins::facts::driving::Event;
use jackfield_store::{NewRunEvent, RunEvent};
use jackfield_types::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// Longest text that goes into the database, bytes; the whole of it is in the log file.
const LONGEST: usize = 16 << 10;

/// One event of an adapter, as it is recorded.
pub(crate) fn recorded(at: Timestamp, event: &Event) -> NewRunEvent {
    let (kind, payload) = match event {
        Event::Started(started) => ("agent_started", plain(started)),
        Event::Text(text) => ("text", text_of(text)),
        Event::Thought(text) => ("thought", text_of(text)),
        Event::ToolCall(call) => ("tool_call", plain(call)),
        Event::ToolResult(result) => ("tool_result", plain(result)),
        Event::FileChange(change) => ("file_change", plain(change)),
        Event::Usage(usage) => ("usage", plain(usage)),
        Event::Limit(limit) => ("limit", plain(limit)),
        Event::Retrying(retrying) => ("retrying", plain(retrying)),
        Event::Warning(text) => ("warning", text_of(text)),
        Event::Finished => ("agent_finished", Value::Null),
        Event::Raw(text) => ("raw", text_of(text)),
    };
    NewRunEvent { at, kind: kind.to_owned(), payload }
}

fn plain(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_else(|error| json!({ "unreadable": error.to_string() }))
}

fn text_of(text: &str) -> Value {
    json!({ "text": clip(text, LONGEST) })
}

/// At most `most` bytes of `text`, ending on a character.
pub(crate) fn clip(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    format!("{}…", text.get(..text.floor_char_boundary(most)).unwrap_or_default())
}

/// One line for a person, or nothing where the event is not worth one.
pub(crate) fn line(event: &RunEvent) -> Option<String> {
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
        "worktree" => format!("worktree ready on {}", field("branch")),
        "decision" => first_line(field("text")),
        "run_queued" => "waiting for a place".to_owned(),
        "run_started" => "started".to_owned(),
        "run_succeeded" => "succeeded".to_owned(),
        "run_failed" => "failed".to_owned(),
        "run_cancelled" => "cancelled".to_owned(),
        _ => return None,
    };
    Some(said).filter(|said| !said.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_text_is_clipped_on_a_character() {
        let event = recorded(Timestamp::UNIX_EPOCH, &Event::Text("é".repeat(LONGEST)));
        let text = event.payload["text"].as_str().unwrap();
        assert!(text.len() <= LONGEST + '…'.len_utf8() && text.ends_with('…'));
    }
}
