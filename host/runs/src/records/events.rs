//! What an adapter read, as events of the run and as lines for somebody who waits.

use jackfield_api::remote::{REPORTED, ReportedEvent};
use jackfield_model::{
    AgentStarted, FileChange, FileChangeKind, NewRunEvent, RateLimit, ReportedUsage, Retrying, RunEvent,
    RunEventRecord, ToolCall, ToolResult,
};
use jackfield_plugins::facts::driving::{self, Event};
use jackfield_plugins::facts::types::ChangeKind;
use jackfield_redact::Redactor;
use jackfield_types::{ErrorCode, Problem, Timestamp, clip};
use serde_json::{Value, json};

/// Longest text that goes into the database, bytes; the whole of it is in the log file.
const LONGEST: usize = 16 << 10;

/// Longest payload of an event that a remote worker reports, bytes: every text in it was cut at [`LONGEST`].
const LONGEST_REPORTED: usize = 256 << 10;

/// Checks and clips an event that a remote worker reports. Its payload is not typed: a worker of a later version may
/// report fields that this host does not know, and they are recorded.
///
/// # Errors
/// A [`Problem`] if its kind is not reported by workers, or its payload is too long.
pub fn check_reported(reported: ReportedEvent) -> Result<NewRunEvent, Problem> {
    let ReportedEvent { at, kind, payload } = reported;
    if !REPORTED.contains(&kind.as_str()) {
        return Err(Problem::caller(
            ErrorCode::BadEvent,
            format!("failed to record an event: '{}' is not a kind that a worker reports", clip(&kind, 64)),
            format!("report what happens within an attempt: {}", REPORTED.join(", ")),
        ));
    }
    let payload = clipped(payload);
    let bytes = payload.to_string().len();
    if bytes > LONGEST_REPORTED {
        return Err(Problem::caller(
            ErrorCode::BadEvent,
            format!("failed to record an event: its payload has {bytes} bytes"),
            format!("send at most {LONGEST_REPORTED} bytes; put the whole text into the log file"),
        ));
    }
    Ok(NewRunEvent { at, event: RunEvent::Other { kind, payload } })
}

/// One event of an adapter as it is recorded: without secrets, which are replaced before a text is cut.
pub(crate) fn recorded(at: Timestamp, event: Event, redactor: &Redactor) -> NewRunEvent {
    let text = |text: String| cut(redactor.changed(&text).unwrap_or(text));
    let event = match event {
        Event::Started(driving::Started { session, model, version }) => {
            RunEvent::AgentStarted(AgentStarted {
                session: session.map(text),
                model: model.map(text),
                version: version.map(text),
            })
        }
        Event::Text(said) => RunEvent::Text(text(said).into()),
        Event::Thought(said) => RunEvent::Thought(text(said).into()),
        Event::ToolCall(driving::ToolCall { id, name, summary, input }) => RunEvent::ToolCall(ToolCall {
            id: text(id),
            name: text(name),
            summary: text(summary),
            input: text(input),
        }),
        Event::ToolResult(driving::ToolResult { id, ok, summary }) => {
            RunEvent::ToolResult(ToolResult { id: text(id), ok, summary: text(summary) })
        }
        Event::FileChange(driving::FileChange { path, kind }) => {
            RunEvent::FileChange(FileChange { path: text(path), kind: change_kind(kind) })
        }
        Event::Usage(usage) => RunEvent::Usage(ReportedUsage {
            input: usage.input,
            cached_input: usage.cached_input,
            cache_write: usage.cache_write,
            output: usage.output,
            reasoning: usage.reasoning,
            cost: usage.cost,
            estimated: usage.estimated,
        }),
        Event::Limit(driving::Limit { name, rejected, resets_at }) => {
            RunEvent::Limit(RateLimit { name: text(name), rejected, resets_at })
        }
        Event::Retrying(driving::Retrying { attempt, of, after, class, message }) => {
            RunEvent::Retrying(Retrying { attempt, of, after, class: class.into(), message: text(message) })
        }
        Event::Warning(said) => RunEvent::Warning(text(said).into()),
        Event::Finished => RunEvent::AgentFinished(()),
        Event::Raw(said) => RunEvent::Raw(text(said).into()),
    };
    NewRunEvent { at, event }
}

const fn change_kind(kind: ChangeKind) -> FileChangeKind {
    match kind {
        ChangeKind::Added => FileChangeKind::Added,
        ChangeKind::Modified => FileChangeKind::Modified,
        ChangeKind::Deleted => FileChangeKind::Deleted,
        ChangeKind::Renamed => FileChangeKind::Renamed,
    }
}

/// A text, short enough for the database.
pub(crate) fn cut(text: String) -> String {
    if text.len() <= LONGEST { text } else { clip(&text, LONGEST) }
}

/// A payload with every text in it short enough for the database.
fn clipped(value: Value) -> Value {
    match value {
        Value::String(text) => cut(text).into(),
        Value::Array(values) => values.into_iter().map(clipped).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, clipped(value))).collect(),
        other => other,
    }
}

/// The event that replaces the first events of a run once they are no longer kept; `last` is the number of the last of
/// them.
pub fn gone(last: u64, at: Timestamp) -> RunEventRecord {
    let text = format!("older events, up to number {last}, are no longer kept");
    let (kind, payload) = ("events_gone".to_owned(), json!({ "text": text }).into());
    RunEventRecord { seq: last, at, attempt: None, agent: None, kind, payload }
}

/// One line for a person, with the name of the agent if there is one; none where the event is not worth one.
pub fn line(event: &RunEvent, agent: Option<&str>) -> Option<String> {
    let first_line = |text: &str| clip(text.trim().lines().next().unwrap_or_default(), 160);
    let said = match event {
        RunEvent::AgentStarted(AgentStarted { model, version, .. }) => {
            let version = version.iter().filter(|version| !version.is_empty());
            let model = model.iter().filter(|model| !model.is_empty());
            let version: String = version.map(|version| format!(" {version}")).collect();
            let model: String = model.map(|model| format!(", model {model}")).collect();
            format!("agent{version} started{model}")
        }
        RunEvent::Text(said) | RunEvent::Decision(said) | RunEvent::EventsGone(said) => {
            first_line(&said.text)
        }
        RunEvent::ToolCall(call) => format!("{} {}", call.name, first_line(&call.summary)),
        RunEvent::ToolResult(result) if !result.ok => format!("failed: {}", first_line(&result.summary)),
        RunEvent::FileChange(change) => format!("{} {}", change.kind.as_str(), change.path),
        RunEvent::Retrying(retrying) => format!("retrying: {}", first_line(&retrying.message)),
        RunEvent::Limit(limit) if limit.rejected => format!("rate limit {} reached", limit.name),
        RunEvent::Warning(said) => format!("warning: {}", first_line(&said.text)),
        RunEvent::HostWarning(warning) => format!("warning: {}", first_line(&warning.text)),
        RunEvent::Leftover(leftover) => format!("not on the branch: {}", clip(leftover.text.trim(), 1_000)),
        RunEvent::Worktree(worktree) => format!("worktree ready on {}", worktree.branch),
        RunEvent::Gate(ruled) => {
            let passed = if ruled.passed { "passed" } else { "failed" };
            format!("gate {passed}: {}", first_line(&ruled.message))
        }
        RunEvent::RunQueued(_) => "waiting for a place".to_owned(),
        RunEvent::RunRetried(retried) => format!("repeats run {}", retried.of),
        RunEvent::RunStarted(_) => "started".to_owned(),
        RunEvent::RunSucceeded(_) => "succeeded".to_owned(),
        RunEvent::RunFailed(_) => "failed".to_owned(),
        RunEvent::RunCancelled(_) => "cancelled".to_owned(),
        _ => return None,
    };
    let agent = agent.filter(|agent| !agent.is_empty());
    let whose = agent.map(|agent| format!("{agent}: ")).unwrap_or_default();
    Some(said).filter(|said| !said.trim().is_empty()).map(|said| format!("{whose}{said}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_plugins::facts::types::FailureClass;

    fn payload(event: &RunEvent) -> Value {
        serde_json::from_str(&event.payload_json().unwrap()).unwrap()
    }

    fn call(summary: String) -> Event {
        let (id, name, input) = ("1".into(), "Write".into(), "{}".into());
        Event::ToolCall(driving::ToolCall { id, name, summary, input })
    }

    #[test]
    fn event_of_an_adapter_is_on_record_as_the_adapter_wrote_it() {
        let usage = jackfield_plugins::facts::types::Usage {
            input: 5,
            cached_input: 4,
            cache_write: 3,
            output: 2,
            reasoning: 1,
            cost: Some(56_000),
            estimated: true,
        };
        let started = driving::Started { session: Some("s".into()), model: None, version: Some("2".into()) };
        let limit = driving::Limit { name: "weekly".into(), rejected: true, resets_at: Some(1) };
        let retrying = driving::Retrying {
            attempt: 1,
            of: Some(3),
            after: 500,
            class: FailureClass::RateLimited,
            message: "slow down".into(),
        };
        let result = driving::ToolResult { id: "1".into(), ok: false, summary: "no".into() };
        let change = |kind| driving::FileChange { path: "a.rs".into(), kind };
        let said = || "said".to_owned();
        let text = json!({ "text": "said" });
        let changes = [ChangeKind::Added, ChangeKind::Modified, ChangeKind::Deleted, ChangeKind::Renamed];
        let mut events = vec![
            (Event::Started(started.clone()), "agent_started", json!(started)),
            (Event::Text(said()), "text", text.clone()),
            (Event::Thought(said()), "thought", text.clone()),
            (Event::ToolResult(result.clone()), "tool_result", json!(result)),
            (Event::Usage(usage), "usage", json!(usage)),
            (Event::Limit(limit.clone()), "limit", json!(limit)),
            (Event::Retrying(retrying.clone()), "retrying", json!(retrying)),
            (Event::Warning(said()), "warning", text.clone()),
            (Event::Finished, "agent_finished", Value::Null),
            (Event::Raw(said()), "raw", text),
        ];
        if let Event::ToolCall(call) = call(said()) {
            events.push((Event::ToolCall(call.clone()), "tool_call", json!(call)));
        }
        let changes =
            changes.map(change).map(|one| (Event::FileChange(one.clone()), "file_change", json!(one)));
        events.extend(changes);
        for (event, kind, payload) in events {
            let recorded = recorded(Timestamp::UNIX_EPOCH, event, &Redactor::default()).event;
            assert!(!matches!(recorded, RunEvent::Other { .. }), "{recorded:?}");
            assert_eq!((recorded.kind(), super::tests::payload(&recorded)), (kind, payload));
        }
    }

    #[test]
    fn event_of_a_worker_is_recorded_if_workers_report_its_kind() {
        let reported = |kind: &str, payload| {
            check_reported(ReportedEvent { at: Timestamp::UNIX_EPOCH, kind: kind.to_owned(), payload })
        };
        let long = "x".repeat(2 * LONGEST);
        let cut = payload(&reported("text", json!({ "text": long })).unwrap().event);
        assert_eq!(cut["text"].as_str().unwrap().len(), LONGEST + '…'.len_utf8());
        // A worker of another version may have other fields, or another payload.
        for written in [json!({ "text": "said", "language": "en" }), json!({ "words": 7 })] {
            let event = reported("text", written.clone()).unwrap().event;
            assert_eq!((event.kind(), payload(&event)), ("text", written));
        }
        for kind in ["run_succeeded", "attempt_settled", "breaker_raised", "something_new"] {
            assert_eq!(reported(kind, Value::Null).unwrap_err().code, ErrorCode::BadEvent, "{kind}");
        }
        let many = json!({ "text": vec![long; 20] });
        assert_eq!(reported("text", many).unwrap_err().code, ErrorCode::BadEvent);
    }

    #[test]
    fn event_that_matters_has_one_line_for_people_and_others_have_none() {
        let line = |kind: &str, payload: Value| line(&RunEvent::read(kind, &payload.to_string()), None);
        let said = |text: &str| Some(text.to_owned());
        let call = json!({ "id": "1", "name": "Edit", "summary": "a.rs", "input": "{}" });
        let result = |ok, summary| json!({ "id": "1", "ok": ok, "summary": summary });
        let started = |model: Option<&str>, version: Option<&str>| {
            line("agent_started", json!({ "session": null, "model": model, "version": version }))
        };
        let usage = json!({
            "input": 5, "cached_input": 0, "cache_write": 0, "output": 0, "reasoning": 0, "cost": null,
            "estimated": false,
        });
        assert_eq!(line("text", json!({ "text": "first\nsecond" })), said("first"));
        assert_eq!(line("text", json!({ "text": "  \n" })), None);
        assert_eq!(line("tool_call", call), said("Edit a.rs"));
        assert_eq!(line("tool_result", result(true, "fine")), None);
        assert_eq!(line("tool_result", result(false, "no")), said("failed: no"));
        assert_eq!(started(None, None), said("agent started"));
        assert_eq!(started(Some("m"), None), said("agent started, model m"));
        assert_eq!(started(Some("m"), Some("2.0")), said("agent 2.0 started, model m"));
        assert_eq!(line("host_warning", json!({ "text": "look" })), said("warning: look"));
        assert_eq!(super::line(&RunEvent::Text("x".into()), Some("codex")), said("codex: x"));
        assert_eq!(line("run_failed", json!({ "from": "running", "why": null })), said("failed"));
        assert_eq!(line("usage", usage), None);
        assert_eq!(line("something_new", Value::Null), None);
    }

    #[test]
    fn huge_text_is_clipped_at_a_character() {
        let event = recorded(Timestamp::UNIX_EPOCH, Event::Text("é".repeat(LONGEST)), &Redactor::default());
        let text = event.event.text().unwrap();
        assert!(text.len() <= LONGEST + '…'.len_utf8() && text.ends_with('…'));
    }

    #[test]
    fn secret_at_the_cut_of_an_event_is_replaced_before() {
        let redactor = Redactor::new([("KEY".to_owned(), "sk-0123456789".to_owned())]);
        let text = format!("{}sk-0123456789", "x".repeat(LONGEST - 6));
        let event = recorded(Timestamp::UNIX_EPOCH, Event::Text(text), &redactor);
        assert!(!event.event.payload_json().unwrap().contains("sk-"));
    }

    /// An event of every variant with this in each of its texts.
    fn events_with(text: &str) -> Vec<Event> {
        let text = || text.to_owned();
        let (attempt, of, after, class) = (1, None, 500, FailureClass::RateLimited);
        vec![
            Event::Started(driving::Started {
                session: Some(text()),
                model: Some(text()),
                version: Some(text()),
            }),
            Event::Text(text()),
            Event::Thought(text()),
            Event::ToolCall(driving::ToolCall { id: text(), name: text(), summary: text(), input: text() }),
            Event::ToolResult(driving::ToolResult { id: text(), ok: true, summary: text() }),
            Event::FileChange(driving::FileChange { path: text(), kind: ChangeKind::Added }),
            Event::Limit(driving::Limit { name: text(), rejected: true, resets_at: None }),
            Event::Retrying(driving::Retrying { attempt, of, after, class, message: text() }),
            Event::Warning(text()),
            Event::Raw(text()),
        ]
    }

    #[test]
    fn secret_is_replaced_in_every_text_of_an_event() {
        let secret = "sk-0123456789";
        let redactor = Redactor::new([("KEY".to_owned(), secret.to_owned())]);
        for event in events_with(&format!("cat {secret}")) {
            let event = recorded(Timestamp::UNIX_EPOCH, event, &redactor).event;
            let json = event.payload_json().unwrap();
            assert!(!json.contains(secret) && json.contains("cat [KEY]"), "{json}");
        }
    }

    #[test]
    fn every_text_of_an_event_is_cut() {
        for event in events_with(&"x".repeat(2 * LONGEST)) {
            let event = recorded(Timestamp::UNIX_EPOCH, event, &Redactor::default()).event;
            let json = event.payload_json().unwrap();
            assert!(json.split('"').all(|text| text.len() <= LONGEST + '…'.len_utf8()), "{}", event.kind());
        }
    }
}
