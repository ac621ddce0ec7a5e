//! Charging and settling: by difference, never twice, and never less than what was spent.

use crate::support::*;
use jackfield_model::HostEvent;
use jackfield_store::*;
use jackfield_types::*;

#[tokio::test]
async fn running_totals_are_charged_by_difference() {
    let house = house().await;
    let limits = daily(Micros::dollars(1));
    let work = house.at_work(cents(20), &limits).await;
    for total in [3, 3, 7, 5, 7] {
        assert_eq!(house.charge(work.attempt, cents(total), &limits).await, Charged::Within);
    }
    use LedgerKind::{Charge, Release, Reserve};
    let settling = house.store.attempts().settle(settlement(work.attempt, cents(8)), &limits).await.unwrap();
    assert_eq!(settling, Settling::Settled { released: cents(12), refused: None });
    assert_eq!(
        house.ledger_of(work.attempt).await,
        [
            (Reserve, 200_000, 0),
            (Charge, -30_000, 30_000),
            (Charge, -40_000, 40_000),
            (Charge, -10_000, 10_000),
            (Release, -120_000, 0),
        ]
    );
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn settling_for_less_than_was_charged_gives_the_difference_back() {
    let house = house().await;
    let limits = daily(Micros::dollars(1));
    let work = house.at_work(cents(20), &limits).await;
    house.charge(work.attempt, cents(9), &limits).await;
    house.store.attempts().settle(settlement(work.attempt, cents(6)), &limits).await.unwrap();
    let rows = house.ledger_of(work.attempt).await;
    assert!(rows.contains(&(LedgerKind::Correct, 0, -30_000)), "{rows:?}");
    let stands = house.stands(&limits).await;
    assert_eq!((stands.spent, stands.reserved), (cents(6), Micros::ZERO));
    assert_eq!(house.store.runs().attempt(work.attempt).await.unwrap().cost, cents(6));
}

#[tokio::test]
async fn a_charge_that_began_before_midnight_is_given_back_to_the_days_it_was_made_on() {
    let house = house().await;
    let limits = daily(Micros::dollars(1));
    let work = house.at_work(cents(20), &limits).await;
    house.charge(work.attempt, cents(9), &limits).await;
    house.pass(24);
    house.charge(work.attempt, cents(11), &limits).await;
    house.store.attempts().settle(settlement(work.attempt, cents(6)), &limits).await.unwrap();
    let rows = house.store.ledger().list(LedgerFilter::default()).await.unwrap();
    let corrected: Vec<_> = rows
        .iter()
        .filter(|row| row.kind == LedgerKind::Correct)
        .map(|row| (row.day.as_str(), row.spent_delta))
        .collect();
    assert_eq!(corrected, [("2026-11-22", -cents(2)), ("2026-11-21", -cents(3))]);
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn work_that_costs_more_than_was_held_gets_more_while_the_limits_leave_it() {
    let house = house().await;
    let limits = daily(cents(25));
    let work = house.at_work(cents(10), &limits).await;
    assert_eq!(house.charge(work.attempt, cents(10), &limits).await, Charged::Within);
    assert_eq!(house.charge(work.attempt, cents(12), &limits).await, Charged::Extended(cents(10)));
    assert_eq!(house.charge(work.attempt, cents(20), &limits).await, Charged::Within);
    assert_eq!(house.charge(work.attempt, cents(23), &limits).await, Charged::Extended(cents(2)));
    let Charged::Stop(refusal) = house.charge(work.attempt, cents(26), &limits).await else {
        panic!("nothing was left")
    };
    assert_eq!((refusal.spent, refusal.reserved), (cents(26), Micros::ZERO));
    house.store.attempts().settle(settlement(work.attempt, cents(27)), &limits).await.unwrap();
    let stands = house.stands(&limits).await;
    assert_eq!((stands.spent, stands.left), (cents(27), Micros::ZERO), "what is spent is recorded");
    assert_eq!(stands.state, BreakerState::Halted);
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn an_attempt_that_is_stopped_is_told_of_once() {
    let house = house().await;
    let limits = daily(cents(10));
    let work = house.at_work(cents(10), &limits).await;
    for total in 11..15 {
        assert!(matches!(house.charge(work.attempt, cents(total), &limits).await, Charged::Stop(_)));
    }
    let history = house.store.breaker().history(20).await.unwrap();
    let stopped: Vec<_> =
        history.iter().filter(|event| matches!(event.event(), HostEvent::BreakerStopped(_))).collect();
    assert_eq!(stopped.len(), 1);
    assert_eq!(stopped[0].subject, work.attempt.to_string());
}

#[tokio::test]
async fn one_attempt_cannot_be_extended_by_what_another_holds() {
    let house = house().await;
    let limits = daily(cents(20));
    let first = house.at_work(cents(10), &limits).await;
    let second = house.at_work(cents(10), &limits).await;
    assert!(matches!(house.charge(first.attempt, cents(11), &limits).await, Charged::Stop(_)));
    assert_eq!(house.charge(second.attempt, cents(10), &limits).await, Charged::Within);
}

#[tokio::test]
async fn settling_twice_changes_nothing_and_says_so() {
    let house = house().await;
    let limits = Limits::default();
    let work = house.at_work(cents(20), &limits).await;
    house.store.attempts().settle(settlement(work.attempt, cents(8)), &limits).await.unwrap();
    let before = house.store.runs().get(work.run).await.unwrap();
    let again = house.store.attempts().settle(settlement(work.attempt, cents(19)), &limits).await.unwrap();
    assert_eq!(again, Settling::Already);
    assert_eq!(house.store.runs().get(work.run).await.unwrap(), before);
    assert_eq!(house.store.stats().by_model(None, None).await.unwrap()[0].attempts, 1);
    let late = house
        .store
        .attempts()
        .charge(work.attempt, cents(20), &Usage::default(), CostSource::Agent, None, &limits)
        .await;
    assert_eq!(late.unwrap_err().problem().code, "illegal_transition");
}

#[tokio::test]
async fn work_under_a_subscription_is_kept_apart_from_what_is_billed() {
    let house = house().await;
    let limits = Limits::default();
    let mut subscribed = admission(house.workspace, cents(30));
    subscribed.attempt.account = Account::Equivalent;
    let attempt = subscribed.attempt.id;
    house.store.admissions().admit(subscribed, &limits).await.unwrap();
    house
        .store
        .attempts()
        .settle(Settlement { then: Then::Nothing, ..settlement(attempt, cents(25)) }, &limits)
        .await
        .unwrap();
    let billed = house.at_work(cents(30), &limits).await;
    house.store.attempts().settle(settlement(billed.attempt, cents(5)), &limits).await.unwrap();
    let totals = house.store.stats().totals().await.unwrap();
    assert_eq!((totals.billed, totals.equivalent), (cents(5), cents(25)));
    let spent = async |counts| house.stands(&Limits { counts, ..Limits::default() }).await.spent;
    assert_eq!(spent(Counts::Both).await, cents(30));
    assert_eq!(spent(Counts::Billed).await, cents(5));
    assert_eq!(spent(Counts::Equivalent).await, cents(25));
}

#[tokio::test]
async fn every_row_of_the_ledger_says_where_its_price_came_from() {
    let house = house().await;
    let work = house.at_work(cents(20), &Limits::none()).await;
    house.store.attempts().settle(settlement(work.attempt, cents(8)), &Limits::none()).await.unwrap();
    let filter = LedgerFilter { run: Some(work.run), ..LedgerFilter::default() };
    let rows = house.store.ledger().list(filter).await.unwrap();
    let charge = rows.iter().find(|row| row.kind == LedgerKind::Charge).unwrap();
    assert_eq!(charge.source, Some(CostSource::Adapter));
    assert_eq!(charge.price_as_of.as_deref(), Some("2026-11-01"));
    assert_eq!(charge.model.as_deref(), Some("small-2026-10"), "what the agent said it was");
    let elsewhere = LedgerFilter { executor: Some("codex".to_owned()), ..LedgerFilter::default() };
    assert!(house.store.ledger().list(elsewhere).await.unwrap().is_empty());
}

#[tokio::test]
async fn retry_by_another_principal_is_charged_to_that_principal() {
    let house = house().await;
    let work = house.at_work(cents(5), &Limits::none()).await;
    let ended = Settlement {
        then: Then::End(RunState::Failed),
        ..failed(work.attempt, cents(2), FailureClass::TestFail)
    };
    house.store.attempts().settle(ended, &Limits::none()).await.unwrap();
    let retry = Retry {
        of: work.run,
        key: None,
        principal: "ann".to_owned(),
        reason: "again".to_owned(),
        run: run(),
        attempts: vec![attempt(1, cents(5))],
        calls: Vec::new(),
    };
    let (run, attempt) = (retry.run.id, retry.attempts[0].id);
    house.store.admissions().admit_retry(retry, &Limits::none()).await.unwrap();
    house.store.attempts().run_started(run).await.unwrap();
    house.store.attempts().started(attempt, started()).await.unwrap();
    house.store.attempts().settle(settlement(attempt, cents(3)), &Limits::none()).await.unwrap();
    for (principal, spent) in [("tester", cents(2)), ("ann", cents(3))] {
        let limits = limits(LimitScope::Token(principal.to_owned()), Period::Day, cents(10));
        let status = house.stands(&limits).await;
        assert_eq!((status.spent, status.reserved), (spent, Micros::ZERO), "{principal}");
    }
    house.assert_sums_are_proved().await;
}
