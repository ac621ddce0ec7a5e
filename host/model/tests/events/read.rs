//! Reading: what this version knows is typed, and everything else stays as it is.

use crate::samples::{of_host, of_run};
use jackfield_model::{
    BreakerChanged, FileChangeKind, HostEvent, HumanTask, HumanTaskChanged, HumanTaskState, RunChanged,
    RunEvent,
};
use jackfield_types::{FailureClass, RunState};
use serde_json::{Value, json};

fn tree(json: serde_json::Result<String>) -> Value {
    serde_json::from_str(&json.unwrap()).unwrap()
}

#[test]
fn payload_of_each_kind_of_run_event_is_typed_and_written_as_it_was() {
    for (kind, payload) in of_run() {
        let event = RunEvent::read(kind, &payload.to_string());
        assert!(!matches!(event, RunEvent::Other { .. }), "{kind} {payload}");
        assert_eq!((event.kind(), tree(event.payload_json())), (kind, payload));
    }
    let sampled: Vec<_> = of_run().into_iter().map(|(kind, _)| kind).collect();
    let missing: Vec<_> = RunEvent::KINDS.iter().filter(|kind| !sampled.contains(kind)).collect();
    assert!(missing.is_empty(), "no sample of {missing:?}");
}

#[test]
fn payload_of_each_kind_of_host_event_is_typed_and_written_as_it_was() {
    for (kind, payload) in of_host() {
        let event = HostEvent::read(kind, &payload.to_string());
        assert!(!matches!(event, HostEvent::Other { .. }), "{kind} {payload}");
        assert_eq!((event.kind(), tree(event.payload_json())), (kind, payload));
    }
    let sampled: Vec<_> = of_host().into_iter().map(|(kind, _)| kind).collect();
    let missing: Vec<_> = HostEvent::KINDS.iter().filter(|kind| !sampled.contains(kind)).collect();
    assert!(missing.is_empty(), "no sample of {missing:?}");
}

#[test]
fn kinds_of_runs_and_of_the_host_differ() {
    let both: Vec<_> = RunEvent::KINDS.iter().filter(|kind| HostEvent::KINDS.contains(kind)).collect();
    assert!(both.is_empty(), "{both:?}");
}

#[test]
fn event_of_an_unknown_kind_stays_as_it_is() {
    let payload = json!({ "to": ["mars"], "at": 1 });
    let event = RunEvent::read("run_teleported", &payload.to_string());
    assert_eq!(event, RunEvent::Other { kind: "run_teleported".to_owned(), payload: payload.clone() });
    assert_eq!((event.kind(), tree(event.payload_json())), ("run_teleported", payload.clone()));
    let event = HostEvent::read("run_teleported", &payload.to_string());
    assert_eq!(event, HostEvent::Other { kind: "run_teleported".to_owned(), payload });
}

#[test]
fn payload_of_another_version_is_typed_without_the_fields_it_does_not_know() {
    let later = json!({ "text": "said", "language": "en" });
    assert_eq!(RunEvent::read("text", &later.to_string()), RunEvent::Text("said".into()));
    let RunEvent::HostWarning(earlier) = RunEvent::read("host_warning", r#"{"text":"said"}"#) else {
        panic!()
    };
    assert_eq!((earlier.text.as_str(), earlier.of), ("said", None));
}

#[test]
fn payload_that_does_not_fit_its_kind_stays_as_it_is() {
    let misfits = [
        ("text", Value::Null),
        ("text", json!(7)),
        ("text", json!({})),
        ("text", json!({ "text": 7 })),
        ("tool_result", json!({ "id": "1", "ok": "yes", "summary": "" })),
        ("file_change", json!({ "path": "a.rs", "kind": "copied" })),
        ("agent_finished", json!({})),
        ("run_queued", json!({ "task": "not an id", "workflow": "direct", "stage": "impl" })),
        ("host_warning", json!({ "text": "said", "of": "weather" })),
        ("attempt_planned", json!([])),
    ];
    for (kind, payload) in misfits {
        let event = RunEvent::read(kind, &payload.to_string());
        let kept = RunEvent::Other { kind: kind.to_owned(), payload: payload.clone() };
        assert_eq!(event, kept);
        assert_eq!((event.kind(), tree(event.payload_json())), (kind, payload));
    }
    let payload = json!({ "period": "ever", "allowance": "5 dollars", "principal": "owner", "reason": "" });
    let event = HostEvent::read("breaker_raised", &payload.to_string());
    assert_eq!(event, HostEvent::Other { kind: "breaker_raised".to_owned(), payload });
}

#[test]
fn failure_class_of_an_adapter_has_the_name_of_its_variant() {
    for class in FailureClass::ALL {
        let named =
            json!({ "attempt": 1, "of": 3, "after": 0, "class": format!("{class:?}"), "message": "" });
        let RunEvent::Retrying(read) = RunEvent::read("retrying", &named.to_string()) else {
            panic!("{named}")
        };
        assert_eq!(read.class, *class);
    }
}

#[test]
fn change_of_a_file_is_shown_as_it_is_recorded() {
    use FileChangeKind::{Added, Deleted, Modified, Renamed};
    for kind in [Added, Modified, Deleted, Renamed] {
        assert_eq!(json!(kind), kind.as_str());
    }
}

#[test]
fn state_of_a_run_has_a_kind_of_its_own() {
    let change = RunChanged { from: RunState::Queued, why: None };
    let kind = |to| RunEvent::run_changed(to, change.clone()).kind().to_owned();
    assert_eq!(kind(RunState::Queued), "run_queued");
    assert_eq!(kind(RunState::Running), "run_started");
    for state in [RunState::Waiting, RunState::Succeeded, RunState::Failed, RunState::Cancelled] {
        assert_eq!(kind(state), format!("run_{state}"));
    }
}

#[test]
fn state_of_the_breaker_has_a_kind_of_its_own() {
    use jackfield_model::BreakerState::{Alert, Closed, Halted};
    for to in [Closed, Alert, Halted] {
        let event = HostEvent::breaker_changed(BreakerChanged { from: Closed, to, limit: None });
        assert_eq!(event.kind(), format!("breaker_{to}"));
    }
}

#[test]
fn change_of_a_human_task_has_the_kind_of_its_new_state() {
    use HumanTaskState::{Cancelled, Done, Open};
    let sample = of_host().into_iter().find(|(kind, _)| *kind == "human_task_deleted").unwrap().1;
    let task = |state| HumanTask { state, ..serde_json::from_value(sample["was"].clone()).unwrap() };
    let kind = |from, to| {
        let change = HumanTaskChanged { by: "owner".to_owned(), was: task(from), is: task(to) };
        HostEvent::human_task_changed(change).kind().to_owned()
    };
    assert_eq!(kind(Open, Open), "human_task_changed");
    assert_eq!(kind(Done, Done), "human_task_changed");
    assert_eq!(kind(Done, Open), "human_task_reopened");
    assert_eq!(kind(Open, Done), "human_task_done");
    assert_eq!(kind(Done, Cancelled), "human_task_cancelled");
}
