//! What an adapter read, as events of the run and as lines for somebody who waits.

use jackfield_api::remote::REPORTED;
use jackfield_model::{
    AgentStarted, FileChange, FileChangeKind, NewRunEvent, RateLimit, ReportedUsage, Retrying, RunEvent,
    RunEventRecord, ToolCall, ToolResult,
};
use jackfield_plugins::facts::driving::{self, Event};
use jackfield_plugins::facts::types::ChangeKind;
use jackfield_redact::Redactor;
use jackfield_types::{ErrorCode, Problem, Timestamp, clip};
use serde_json::Value;

/// Longest text that goes into the database, bytes; the whole of it is in the log file.
const LONGEST: usize = 16 << 10;

/// Longest event that a worker elsewhere may tell, bytes: every text in it was cut at [`LONGEST`].
const LONGEST_TOLD: usize = 256 << 10;

/// Checks and clips an event that a remote worker reports.
///
/// # Errors
/// A [`Problem`] if its kind is not reported by workers, or its payload is too long.
pub fn told_elsewhere(reported: NewRunEvent) -> Result<NewRunEvent, Problem> {
    let kind = reported.event.kind();
    if !REPORTED.contains(&kind) {
        return Err(Problem::caller(
            ErrorCode::BadEvent,
            format!("failed to record an event: '{}' is not a kind that a worker reports", clip(kind, 64)),
            format!("report what happens within an attempt: {}", REPORTED.join(", ")),
        ));
    }
    let payload = clipped(reported.event.payload());
    let bytes = payload.to_string().len();
    if bytes > LONGEST_TOLD {
        return Err(Problem::caller(
            ErrorCode::BadEvent,
            format!("failed to record an event: its payload has {bytes} bytes"),
            format!("send at most {LONGEST_TOLD} bytes; put the whole text into the log file"),
        ));
    }
    Ok(NewRunEvent { event: reported.event.map_payload(|_| payload), ..reported })
}

/// One event of an adapter, as it is recorded: without secrets, which are looked for before a text is cut.
pub(crate) fn recorded(at: Timestamp, event: &Event, redactor: &Redactor) -> NewRunEvent {
    let event = reported(event).map_payload(|payload| clipped(redactor.json(payload)));
    NewRunEvent { at, event }
}

/// An event of an adapter as it is on record.
fn reported(event: &Event) -> RunEvent {
    match event.clone() {
        Event::Started(driving::Started { session, model, version }) => {
            RunEvent::AgentStarted(AgentStarted { session, model, version })
        }
        Event::Text(text) => RunEvent::Text(text.into()),
        Event::Thought(text) => RunEvent::Thought(text.into()),
        Event::ToolCall(driving::ToolCall { id, name, summary, input }) => {
            RunEvent::ToolCall(ToolCall { id, name, summary, input })
        }
        Event::ToolResult(driving::ToolResult { id, ok, summary }) => {
            RunEvent::ToolResult(ToolResult { id, ok, summary })
        }
        Event::FileChange(driving::FileChange { path, kind }) => {
            let kind = match kind {
                ChangeKind::Added => FileChangeKind::Added,
                ChangeKind::Modified => FileChangeKind::Modified,
                ChangeKind::Deleted => FileChangeKind::Deleted,
                ChangeKind::Renamed => FileChangeKind::Renamed,
            };
            RunEvent::FileChange(FileChange { path, kind })
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
            RunEvent::Limit(RateLimit { name, rejected, resets_at })
        }
        Event::Retrying(driving::Retrying { attempt, of, after, class, message }) => {
            RunEvent::Retrying(Retrying { attempt, of, after, class: class.into(), message })
        }
        Event::Warning(text) => RunEvent::Warning(text.into()),
        Event::Finished => RunEvent::AgentFinished(()),
        Event::Raw(text) => RunEvent::Raw(text.into()),
    }
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
pub fn gone(last: u64, at: Timestamp) -> RunEventRecord {
    let text = format!("older events, up to number {last}, are no longer kept");
    RunEventRecord { seq: last, at, attempt: None, agent: None, event: RunEvent::EventsGone(text.into()) }
}

/// One line for a person, or nothing where the event is not worth one.
pub fn line(record: &RunEventRecord) -> Option<String> {
    let first_line = |text: &str| clip(text.trim().lines().next().unwrap_or_default(), 160);
    let said = match &record.event {
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
    let agent = record.agent.iter().filter(|agent| !agent.is_empty());
    let whose: String = agent.map(|agent| format!("{agent}: ")).collect();
    Some(said).filter(|said| !said.trim().is_empty()).map(|said| format!("{whose}{said}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_plugins::facts::types::FailureClass;
    use serde_json::json;

    fn record(kind: &str, payload: Value) -> RunEventRecord {
        RunEventRecord::read(1, Timestamp::UNIX_EPOCH, None, kind.to_owned(), payload)
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
            let recorded = recorded(Timestamp::UNIX_EPOCH, &event, &Redactor::default()).event;
            assert!(!matches!(recorded, RunEvent::Other { .. }), "{recorded:?}");
            assert_eq!((recorded.kind(), recorded.payload()), (kind, payload));
        }
    }

    #[test]
    fn event_of_a_worker_is_taken_if_workers_report_its_kind() {
        let told = |kind: &str, payload| {
            let event = RunEvent::read(kind.to_owned(), payload);
            told_elsewhere(NewRunEvent { at: Timestamp::UNIX_EPOCH, event })
        };
        let long = "x".repeat(2 * LONGEST);
        let taken = told("text", json!({ "text": long })).unwrap().event;
        let RunEvent::Text(said) = taken else { panic!("{taken:?}") };
        assert_eq!(said.text.len(), LONGEST + '…'.len_utf8());
        // A worker of another version may have another payload.
        let other = told("text", json!({ "words": 7 })).unwrap().event;
        assert_eq!((other.kind(), other.payload()), ("text", json!({ "words": 7 })));
        for kind in ["run_succeeded", "attempt_settled", "breaker_raised", "something_new"] {
            assert_eq!(told(kind, Value::Null).unwrap_err().code, ErrorCode::BadEvent, "{kind}");
        }
        let many = json!({ "text": vec![long; 20] });
        assert_eq!(told("text", many).unwrap_err().code, ErrorCode::BadEvent);
    }

    #[test]
    fn a_huge_field_is_clipped_as_well() {
        let event = recorded(Timestamp::UNIX_EPOCH, &call("x".repeat(2 * LONGEST)), &Redactor::default());
        let RunEvent::ToolCall(call) = event.event else { panic!("{event:?}") };
        assert_eq!(call.summary.len(), LONGEST + '…'.len_utf8());
        assert_eq!(call.name, "Write");
    }

    #[test]
    fn a_person_reads_one_line_for_what_matters_and_nothing_for_the_rest() {
        let line = |kind: &str, payload: Value| line(&record(kind, payload));
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
        assert_eq!(line("text", json!({ "text": "x", "agent": "codex" })), said("codex: x"));
        assert_eq!(line("run_failed", json!({ "from": "running", "why": null })), said("failed"));
        assert_eq!(line("usage", usage), None);
        assert_eq!(line("something_new", Value::Null), None);
    }

    #[test]
    fn a_huge_text_is_clipped_on_a_character() {
        let event = recorded(Timestamp::UNIX_EPOCH, &Event::Text("é".repeat(LONGEST)), &Redactor::default());
        let text = event.event.text().unwrap();
        assert!(text.len() <= LONGEST + '…'.len_utf8() && text.ends_with('…'));
    }

    #[test]
    fn a_secret_that_a_text_is_cut_in_is_replaced_before() {
        let redactor = Redactor::new([("KEY".to_owned(), "sk-0123456789".to_owned())]);
        let text = format!("{}sk-0123456789", "x".repeat(LONGEST - 6));
        let event = recorded(Timestamp::UNIX_EPOCH, &Event::Text(text), &redactor);
        assert!(!event.event.payload().to_string().contains("sk-"));
    }

    #[test]
    fn a_secret_is_replaced_in_every_text_of_an_event() {
        let redactor = Redactor::new([("KEY".to_owned(), "sk-0123456789".to_owned())]);
        let event = recorded(Timestamp::UNIX_EPOCH, &call("cat sk-0123456789".into()), &redactor);
        let RunEvent::ToolCall(call) = event.event else { panic!("{event:?}") };
        assert_eq!((call.name.as_str(), call.summary.as_str()), ("Write", "cat [KEY]"));
    }
}
