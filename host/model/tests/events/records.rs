//! Records: events in their place, as interfaces show them.

use jackfield_model::{HostEvent, HostEventRecord, MessageEvent, RunEvent, RunEventRecord};
use jackfield_types::{AttemptId, Timestamp};
use serde_json::{Value, json};

fn record(attempt: Option<AttemptId>, kind: &str, payload: Value) -> RunEventRecord {
    RunEventRecord::read(7, Timestamp::UNIX_EPOCH, attempt, kind.to_owned(), payload)
}

#[test]
fn event_of_a_run_is_written_flat() {
    let attempt = AttemptId::new();
    let record = record(Some(attempt), "text", json!({ "text": "said" }));
    assert_eq!(record.event, RunEvent::Text("said".into()));
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
fn agent_is_a_field_of_the_payload() {
    let mut named = record(None, "text", json!({ "text": "said" }));
    named.agent = Some("codex".to_owned());
    let payload = json!({ "text": "said", "agent": "codex" });
    assert_eq!(serde_json::to_value(&named).unwrap()["payload"], payload);
    assert_eq!(record(None, "text", payload), named);

    let mut without_fields = record(None, "agent_finished", Value::Null);
    without_fields.agent = Some("codex".to_owned());
    assert_eq!(without_fields.payload(), Value::Null);
}

#[test]
fn agent_that_is_no_text_stays_where_it_is() {
    let payload = json!({ "text": "said", "agent": 7 });
    let record = record(None, "text", payload.clone());
    assert_eq!((record.agent.clone(), record.payload()), (None, payload));
}

#[test]
fn event_of_the_host_is_written_flat() {
    let payload = json!({ "why": "it stopped" });
    let record = HostEventRecord::read(
        3,
        Timestamp::UNIX_EPOCH,
        "worker_ended".to_owned(),
        "01K4Z3NDEKTSV4RRFFQ69G5FA3".to_owned(),
        payload.clone(),
    );
    let written = json!({
        "seq": 3, "at": "1970-01-01T00:00:00Z", "kind": "worker_ended", "subject": "01K4Z3NDEKTSV4RRFFQ69G5FA3",
        "payload": payload,
    });
    assert_eq!((record.kind(), serde_json::to_value(&record).unwrap()), ("worker_ended", written));
}

#[test]
fn message_tells_of_an_event_of_a_run_or_of_the_host() {
    let changed = json!({ "from": "running", "why": null });
    let of_run = MessageEvent::read("run_succeeded".to_owned(), changed.clone());
    assert!(matches!(&of_run, MessageEvent::Run(RunEvent::RunSucceeded(_))), "{of_run:?}");
    assert_eq!((of_run.kind(), of_run.payload()), ("run_succeeded", changed));
    let of_host = MessageEvent::read("webhook_test".to_owned(), json!({}));
    assert!(matches!(&of_host, MessageEvent::Host(HostEvent::WebhookTest(_))), "{of_host:?}");
    assert_eq!((of_host.kind(), of_host.payload()), ("webhook_test", json!({})));
    assert!(HostEvent::KINDS.iter().all(|kind| !kind.starts_with("run_")));
}
