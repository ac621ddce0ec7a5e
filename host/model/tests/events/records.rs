//! Records: events with their sequence number and time, as interfaces show them.

use jackfield_model::{HostEvent, HostEventRecord, Payload, RunEvent, RunEventRecord};
use jackfield_types::{AttemptId, Timestamp};
use serde_json::{Value, json};

fn record(attempt: Option<AttemptId>, kind: &str, payload: Value) -> RunEventRecord {
    let (at, kind, payload) = (Timestamp::UNIX_EPOCH, kind.to_owned(), payload.into());
    RunEventRecord { seq: 7, at, attempt, agent: None, kind, payload }
}

#[test]
fn event_of_a_run_is_written_flat() {
    let attempt = AttemptId::new();
    let record = record(Some(attempt), "text", json!({ "text": "said" }));
    assert_eq!(record.event(), RunEvent::Text("said".into()));
    let written = json!({
        "seq": 7, "at": "1970-01-01T00:00:00Z", "attempt": attempt, "kind": "text", "payload": { "text": "said" },
    });
    assert_eq!(serde_json::to_value(&record).unwrap(), written);
}

#[test]
fn event_of_a_run_has_every_field_even_without_a_value() {
    let record = record(None, "agent_finished", Value::Null);
    let written = json!({
        "seq": 7, "at": "1970-01-01T00:00:00Z", "attempt": null, "kind": "agent_finished", "payload": null,
    });
    assert_eq!(serde_json::to_value(&record).unwrap(), written);
}

#[test]
fn event_of_a_later_version_is_written_with_every_field() {
    let payload = json!({ "text": "said", "language": { "name": "en" } });
    let record = record(None, "text", payload.clone());
    assert_eq!(record.event(), RunEvent::Text("said".into()));
    assert_eq!(serde_json::to_value(&record).unwrap()["payload"], payload);
}

#[test]
fn recorded_text_that_is_not_json_becomes_a_string() {
    let payload = Payload::recorded("{ no".to_owned());
    assert_eq!((payload.get(), payload.to_value()), (r#""{ no""#, json!("{ no")));
    let record = RunEventRecord { payload, ..record(None, "text", Value::Null) };
    assert_eq!(serde_json::to_value(&record).unwrap()["payload"], "{ no");
    assert!(matches!(record.event(), RunEvent::Other { .. }));
}

#[test]
fn agent_is_a_field_of_the_written_payload() {
    let named =
        |kind, payload| RunEventRecord { agent: Some("codex".to_owned()), ..record(None, kind, payload) };
    let written = |record| serde_json::to_value::<RunEventRecord>(record).unwrap()["payload"].clone();
    let text = named("text", json!({ "text": "said" }));
    assert_eq!(text.event(), RunEvent::Text("said".into()));
    assert_eq!(written(text), json!({ "text": "said", "agent": "codex" }));
    // The name replaces a field that a component or a worker gave.
    assert_eq!(written(named("text", json!({ "agent": "other" }))), json!({ "agent": "codex" }));
    assert_eq!(written(named("agent_finished", Value::Null)), Value::Null);
}

#[test]
fn event_of_the_host_is_written_flat() {
    let payload = json!({ "why": "it stopped" });
    let record = HostEventRecord {
        seq: 3,
        at: Timestamp::UNIX_EPOCH,
        subject: "01K4Z3NDEKTSV4RRFFQ69G5FA3".to_owned(),
        kind: "worker_ended".to_owned(),
        payload: payload.clone().into(),
    };
    let written = json!({
        "seq": 3, "at": "1970-01-01T00:00:00Z", "kind": "worker_ended", "subject": "01K4Z3NDEKTSV4RRFFQ69G5FA3",
        "payload": payload,
    });
    assert_eq!(serde_json::to_value(&record).unwrap(), written);
    assert!(matches!(record.event(), HostEvent::WorkerEnded(_)) && !record.is_of_breaker());
}

#[test]
fn kind_of_a_host_event_never_begins_like_that_of_a_run() {
    assert!(HostEvent::KINDS.iter().all(|kind| !kind.starts_with("run_")));
}
