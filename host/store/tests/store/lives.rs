//! The life of a run in the records, and what is not allowed in it.

use crate::support::*;
use jackfield_model::{RateLimit, RunEvent};
use jackfield_store::*;
use jackfield_types::*;
use serde_json::json;

#[tokio::test]
async fn a_run_is_told_from_the_queue_to_the_end() {
    let house = house().await;
    let limits = Limits::default();
    let admission = Admission { calls: vec![], ..admission(house.workspace, cents(20)) };
    let work = AtWork { task: admission.task.id, run: admission.run.id, attempt: admission.attempt.id };
    house.store.admissions().admit(admission, &limits).await.unwrap();
    assert_eq!(house.store.runs().task(work.task).await.unwrap().state, TaskState::Ready);
    house.store.attempts().run_started(work.run).await.unwrap();
    assert_eq!(house.store.runs().task(work.task).await.unwrap().state, TaskState::InProgress);
    house.store.attempts().started(work.attempt, started()).await.unwrap();
    let said = NewRunEvent { at: house.at(), event: RunEvent::Text("hm".into()) };
    assert_eq!(
        house.store.attempts().append_events(work.run, Some(work.attempt), vec![said]).await.unwrap(),
        5
    );
    house.pass(1);
    house.store.attempts().settle(settlement(work.attempt, cents(8)), &limits).await.unwrap();

    let view = house.store.runs().get(work.run).await.unwrap();
    assert_eq!((view.task.state, view.run.state), (TaskState::Done, RunState::Succeeded));
    assert_eq!(view.run.ended_at, Some("2026-11-21T11:00:00Z".parse().unwrap()));
    let attempt = &view.attempts[0];
    assert_eq!(attempt.state, AttemptState::Settled);
    assert_eq!(attempt.adapter, adapter());
    assert_eq!(attempt.identity, Some(json!({ "pid": 4711, "start": 99 })));
    assert_eq!(attempt.settled, Some(Settled::Succeeded { notes: vec![] }));
    assert_eq!(attempt.outcome.as_ref().unwrap().delivered, Delivered::Diff);
    assert_eq!((attempt.usage.reasoning, attempt.latency_ms), (20, Some(1200)));
    assert_eq!((attempt.cost, attempt.reserved), (cents(8), Micros::ZERO));
    assert_eq!(attempt.model.as_deref(), Some("small-2026-10"));
    assert_eq!(attempt.transcript.as_deref(), Some("/srv/logs/1.jsonl"));
    assert_eq!(view.artifacts[0].meta, json!({ "files": 2 }));

    let events = house.store.logs().events(work.run, 0, 100).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.seq, event.kind.as_str())).collect();
    assert_eq!(
        told,
        [
            (1, "run_queued"),
            (2, "attempt_planned"),
            (3, "run_started"),
            (4, "attempt_started"),
            (5, "text"),
            (6, "attempt_settled"),
            (7, "run_succeeded"),
        ]
    );
    assert_eq!(house.store.logs().events(work.run, 5, 1).await.unwrap()[0].seq, 6);
}

#[tokio::test]
async fn a_failed_attempt_is_followed_by_a_better_one_in_the_same_run() {
    let house = house().await;
    let limits = Limits::default();
    let first = house.at_work(cents(20), &limits).await;
    house
        .store
        .attempts()
        .settle(failed(first.attempt, cents(4), FailureClass::TestFail), &limits)
        .await
        .unwrap();
    let second = attempt(2, cents(30));
    let id = second.id;
    house
        .store
        .admissions()
        .add_attempt(first.run, second, vec![call(Some(first.task), json!(1))], &limits)
        .await
        .unwrap();
    house.store.attempts().started(id, started()).await.unwrap();
    house.store.attempts().settle(settlement(id, cents(9)), &limits).await.unwrap();
    let view = house.store.runs().get(first.run).await.unwrap();
    assert_eq!(view.run.state, RunState::Succeeded);
    let costs: Vec<_> = view.attempts.iter().map(|attempt| (attempt.number, attempt.cost)).collect();
    assert_eq!(costs, [(1, cents(4)), (2, cents(9))]);
    let late = house.store.admissions().add_attempt(first.run, attempt(3, cents(1)), vec![], &limits).await;
    assert_eq!(late.unwrap_err().problem().code, "illegal_transition");
}

#[tokio::test]
async fn what_is_not_a_transition_is_refused_and_changes_nothing() {
    let house = house().await;
    let limits = Limits::default();
    let queued = house.admit(cents(5), &limits).await.unwrap();
    let code = |result: Result<(), StoreError>| result.unwrap_err().problem().code;
    assert_eq!(code(house.store.attempts().started(queued.attempt, started()).await), "illegal_transition");
    assert_eq!(
        code(house.store.attempts().run_ended(queued.run, RunState::Cancelled, "no").await),
        "illegal_transition"
    );
    let leap = house.store.attempts().settle(settlement(queued.attempt, cents(1)), &limits).await;
    assert_eq!(code(leap.map(drop)), "illegal_transition");
    assert_eq!(house.ledger_of(queued.attempt).await.len(), 1, "a settlement that fails charges nothing");
    house.store.attempts().run_started(queued.run).await.unwrap();
    assert_eq!(code(house.store.attempts().run_started(queued.run).await), "illegal_transition");
    house.store.attempts().started(queued.attempt, started()).await.unwrap();
    assert_eq!(code(house.store.attempts().started(queued.attempt, started()).await), "illegal_transition");
    assert_eq!(code(house.store.attempts().run_started(RunId::new()).await), "run_not_found");
    let skipping =
        house.store.admissions().add_attempt(queued.run, attempt(3, cents(1)), vec![], &limits).await;
    assert_eq!(skipping.unwrap_err().problem().code, "bad_request");
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn a_lost_attempt_sends_its_run_back_to_the_queue() {
    let house = house().await;
    let limits = Limits::default();
    let work = house.at_work(cents(5), &limits).await;
    let lost = failed(work.attempt, cents(2), FailureClass::Lost);
    let lost =
        Settlement { then: Then::Again { attempts: vec![attempt(2, cents(5))], not_before: None }, ..lost };
    house.store.attempts().settle(lost, &limits).await.unwrap();
    let view = house.store.runs().get(work.run).await.unwrap();
    assert_eq!((view.run.state, view.task.state), (RunState::Queued, TaskState::Ready));
    assert_eq!((view.attempts.len(), view.attempts[1].state), (2, AttemptState::Planned));
    house.store.attempts().run_started(work.run).await.unwrap();
}

#[tokio::test]
async fn a_run_without_attempts_in_flight_can_be_ended_and_its_task_run_again() {
    let house = house().await;
    let limits = Limits::default();
    let work = house.at_work(cents(5), &limits).await;
    house
        .store
        .attempts()
        .settle(failed(work.attempt, cents(2), FailureClass::AuthFailure), &limits)
        .await
        .unwrap();
    house.store.attempts().run_ended(work.run, RunState::Failed, "nobody is logged in").await.unwrap();
    assert_eq!(house.store.runs().task(work.task).await.unwrap().state, TaskState::Failed);
    let again = run();
    let id = again.id;
    house
        .store
        .admissions()
        .admit_run(work.task, run_of(Workflow::direct().first(), again, attempt(1, cents(5))), &limits)
        .await
        .unwrap();
    assert_eq!(house.store.runs().latest(work.task).await.unwrap(), Some(id));
    assert_eq!(house.store.runs().task(work.task).await.unwrap().state, TaskState::Ready);
}

#[tokio::test]
async fn the_same_key_and_request_is_the_same_task_and_another_request_is_refused() {
    let house = house().await;
    let limits = daily(cents(5));
    let request = |key: &str, digest: &str, principal: &str| {
        let mut admission = admission(house.workspace, cents(5));
        admission.task.idempotency = Some(Idempotency { key: key.to_owned(), digest: digest.to_owned() });
        admission.task.principal = principal.to_owned();
        admission
    };
    let first = house.store.admissions().admit(request("k", "d", "ada"), &limits).await.unwrap();
    assert!(!first.existing);
    let again = house.store.admissions().admit(request("k", "d", "ada"), &limits).await.unwrap();
    assert_eq!(again, Admitted { existing: true, ..first }, "even with the budget used up");
    let other = house.store.admissions().admit(request("k", "e", "ada"), &limits).await.unwrap_err();
    assert_eq!(other.problem().code, "idempotency_conflict");
    assert!(other.to_string().contains(&first.task.to_string()), "{other}");
    house.store.admissions().admit(request("k", "e", "bob"), &Limits::none()).await.unwrap();
    assert_eq!(house.store.stats().totals().await.unwrap().tasks, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_sent_many_times_at_once_is_one_task() {
    let house = house().await;
    let asking: Vec<_> = (0..32)
        .map(|_| {
            let mut admission = admission(house.workspace, cents(1));
            admission.task.idempotency = Some(Idempotency { key: "k".to_owned(), digest: "d".to_owned() });
            let store = house.store.clone();
            tokio::spawn(async move { store.admissions().admit(admission, &Limits::none()).await.unwrap() })
        })
        .collect();
    let mut made = 0;
    for asked in asking {
        made += usize::from(!asked.await.unwrap().existing);
    }
    assert_eq!(made, 1);
    assert_eq!(house.store.stats().totals().await.unwrap().reserved, cents(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_run_have_no_gap_however_many_write_them() {
    let house = house().await;
    let work = house.at_work(cents(5), &Limits::none()).await;
    let mut watched = house.store.changes(work.run);
    let writing: Vec<_> = (0..40)
        .map(|at| {
            let (store, run, now) = (house.store.clone(), work.run, house.at());
            tokio::spawn(async move {
                let event = |part| {
                    let event = RunEvent::Text(format!("part {part} of writer {at}").into());
                    NewRunEvent { at: now, event }
                };
                store.attempts().append_events(run, None, (0..5).map(event).collect()).await.unwrap()
            })
        })
        .collect();
    let mut last = 0;
    while last < 204 {
        watched.changed().await.unwrap();
        last = *watched.borrow_and_update();
    }
    let mut ends = Vec::new();
    for writer in writing {
        ends.push(writer.await.unwrap());
    }
    ends.sort_unstable();
    assert_eq!(ends, (1..=40).map(|at| 4 + at * 5).collect::<Vec<u64>>(), "each batch stays together");
    let events = house.store.logs().events(work.run, 0, 1000).await.unwrap();
    let seqs: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=204).collect::<Vec<u64>>());
}

#[tokio::test]
async fn limit_of_a_provider_is_kept_until_it_resets() {
    let house = house().await;
    let work = house.at_work(cents(10), &Limits::none()).await;
    let now = house.at().as_millisecond() as u64;
    let limit = |name: &str, rejected: bool, hours: Option<u64>| NewRunEvent {
        at: house.at(),
        event: RunEvent::Limit(RateLimit {
            name: name.to_owned(),
            rejected,
            resets_at: hours.map(|hours| now + hours * 3_600_000),
        }),
    };
    let kept = async || {
        let limits = house.store.stats().snapshot(&Limits::none()).await.unwrap().provider_limits;
        limits.into_iter().map(|limit| (limit.name, limit.rejected)).collect::<Vec<_>>()
    };
    let mut events = vec![limit("weekly", false, Some(100)), limit("five_hour", false, Some(1))];
    events.push(limit("five_hour", true, Some(2)));
    events.push(limit("past", true, Some(0)));
    events.push(limit("requests", true, None));
    // A hostile component names more than are kept.
    events.extend((0..100).map(|number| limit(&format!("x{number}"), false, Some(0))));
    house.store.attempts().append_events(work.run, Some(work.attempt), events).await.unwrap();
    let named = |name: &str, rejected| (name.to_owned(), rejected);
    assert_eq!(kept().await, [named("five_hour", true), named("requests", true), named("weekly", false)]);
    house.pass(25);
    assert_eq!(kept().await, [named("weekly", false)]);
}
