//! Claims that are no longer in force: what their holders write about the run is refused.

use crate::support::*;
use jackfield_model::RunEvent;
use jackfield_store::*;
use jackfield_types::*;
use serde_json::json;
use std::time::Duration;

/// A run that was taken over from a worker that was at work on it.
struct TakenOver {
    house: House,
    attempt: AttemptId,
    lost: Hold,
    held: Hold,
}

async fn taken_over() -> TakenOver {
    let house = house().await;
    let (first, second) = (worker(&house.store, "first").await, worker(&house.store, "second").await);
    let work = house.admit(cents(10), &Limits::none()).await.unwrap();
    let claimed = house.store.queue().claim(offer(first, 4), caps()).await.unwrap().unwrap();
    house.store.held(claimed.hold).started(work.attempt, started()).await.unwrap();
    let in_hand = house.store.queue().in_hand().await.unwrap().remove(0);
    let held = house.store.queue().take_over(&in_hand, second, "second").await.unwrap().unwrap();
    TakenOver { house, attempt: work.attempt, lost: claimed.hold, held }
}

fn said(text: &str) -> Vec<NewRunEvent> {
    vec![NewRunEvent { at: Timestamp::UNIX_EPOCH, event: RunEvent::Text(text.to_owned().into()) }]
}

/// Every write about an attempt in hand, by the code of its error.
async fn write_everything(store: &Store, hold: Hold, attempt: AttemptId) -> Vec<Result<(), ErrorCode>> {
    let held = store.held(hold);
    let (limits, usage) = (Limits::none(), Usage { input: 10, ..Usage::default() });
    let code = |error: StoreError| error.problem().code;
    let charged = held.charge(attempt, cents(3), &usage, CostSource::Adapter, None, &limits).await;
    vec![
        held.append_events(hold.run, Some(attempt), said("late")).await.map(drop).map_err(code),
        held.append_heard(hold.run, attempt, 0, said("late")).await.map(drop).map_err(code),
        charged.map(drop).map_err(code),
        held.adopted(attempt, "its agent is at work").await.map_err(code),
        held.check_runs(attempt, Some(json!({ "pid": 1 }))).await.map_err(code),
        held.checks_done(attempt, &[]).await.map_err(code),
        held.unstarted(attempt).await.map_err(code),
        held.started(attempt, started()).await.map_err(code),
        held.settle(settlement(attempt, cents(4)), &limits).await.map(drop).map_err(code),
    ]
}

#[tokio::test]
async fn writes_by_a_claim_that_was_taken_over_are_refused_and_change_nothing() {
    let TakenOver { house, attempt, lost, .. } = taken_over().await;
    let before = house.store.runs().get(lost.run).await.unwrap();
    for written in write_everything(&house.store, lost, attempt).await {
        assert_eq!(written, Err(ErrorCode::RunTakenOver));
    }
    assert_eq!(house.store.runs().get(lost.run).await.unwrap(), before);
    assert_eq!(house.ledger_of(attempt).await.len(), 1, "only its reservation");
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn writes_by_the_claim_in_force_are_recorded() {
    let TakenOver { house, attempt, held, lost } = taken_over().await;
    assert!(house.store.queue().holds(held).await.unwrap());
    assert!(!house.store.queue().holds(lost).await.unwrap());
    for written in write_everything(&house.store, held, attempt).await {
        assert_eq!(written, Ok(()));
    }
    let view = house.store.runs().get(held.run).await.unwrap();
    assert_eq!((view.run.state, view.attempts[0].cost), (RunState::Succeeded, cents(4)));
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn settlement_that_is_repeated_after_the_run_was_taken_over_is_recorded_once() {
    let TakenOver { house, attempt, lost, held } = taken_over().await;
    let limits = Limits::none();
    house.store.held(held).settle(settlement(attempt, cents(4)), &limits).await.unwrap();
    let late = house.store.held(lost).settle(settlement(attempt, cents(9)), &limits).await.unwrap();
    assert_eq!(late, Settling::Already);
    assert_eq!(house.store.runs().get(held.run).await.unwrap().attempts[0].cost, cents(4));
}

#[tokio::test]
async fn claimed_run_is_not_written_without_its_claim() {
    let TakenOver { house, held, .. } = taken_over().await;
    let unclaimed = house.store.attempts().append_events(held.run, None, said("unclaimed")).await;
    assert_eq!(unclaimed.unwrap_err().problem().code, ErrorCode::RunTakenOver);
    let other = Hold { run: RunId::new(), epoch: held.epoch };
    let foreign = house.store.held(other).append_events(held.run, None, said("foreign")).await;
    assert_eq!(foreign.unwrap_err().problem().code, ErrorCode::RunTakenOver);
}

#[tokio::test]
async fn each_claim_of_a_run_has_an_epoch_of_its_own() {
    let house = house().await;
    let only = worker(&house.store, "only").await;
    let work = house.admit(cents(1), &Limits::none()).await.unwrap();
    let mut epochs = Vec::new();
    for number in 1..4 {
        let claimed = house.store.queue().claim(offer(only, 4), caps()).await.unwrap().unwrap();
        epochs.push(claimed.hold.epoch);
        let then = Then::Again { attempts: vec![attempt(number + 1, cents(1))], not_before: None };
        let again = Settlement { then, ..failed(claimed.attempts[0], cents(1), FailureClass::Unknown) };
        house.store.held(claimed.hold).settle(again, &Limits::none()).await.unwrap();
    }
    assert_eq!(epochs, [1, 2, 3]);
    assert_eq!(house.store.runs().get(work.run).await.unwrap().run.epoch, 3);
}

#[tokio::test]
async fn heartbeat_after_the_lease_ran_out_is_late_and_renews_it() {
    let house = house().await;
    let slow = worker(&house.store, "slow").await;
    house.clock.advance(LEASE + Duration::from_secs(1));
    assert_eq!(house.store.workers().expired().await.unwrap().len(), 1);
    let late = house.store.workers().heartbeat(slow, LEASE).await.unwrap();
    assert!(late.late && !late.given_up);
    assert!(!house.store.workers().give_up(slow, "its lease ran out").await.unwrap());
    assert!(!house.store.workers().heartbeat(slow, LEASE).await.unwrap().late);
}

#[tokio::test]
async fn runs_of_another_machine_take_no_slot_of_this_one() {
    let folder = tempfile::tempdir().unwrap();
    let on = |machine: &str| {
        let options = StoreOptions { machine: machine.to_owned(), ..StoreOptions::default() };
        Store::open(folder.path(), std::sync::Arc::new(SystemClock), options).unwrap()
    };
    let (here, there) = (on("here"), on("there"));
    let shop = workspace(&here).await;
    for _ in 0..2 {
        here.admissions().admit(admission(shop, Micros::ZERO), &Limits::none()).await.unwrap();
    }
    let (own, other) = (worker(&here, "own").await, worker(&there, "other").await);
    let one_slot = Caps { local: Some(1), ..caps() };
    assert!(there.queue().claim(offer(other, 4), one_slot.clone()).await.unwrap().is_some());
    assert_eq!(here.queue().occupancy().await.unwrap().local, 0);
    assert!(here.queue().claim(offer(own, 4), one_slot.clone()).await.unwrap().is_some());
    assert_eq!(here.queue().occupancy().await.unwrap().local, 1);
    assert!(here.queue().claim(offer(own, 4), one_slot).await.unwrap().is_none(), "both slots are taken");
}
