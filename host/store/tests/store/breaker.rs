//! The breaker: what it refuses, whom it tells, and what an operator can do about it.

use crate::support::*;
use jackfield_model::HostEvent;
use jackfield_store::Scope;
use jackfield_store::*;
use jackfield_types::*;
use std::collections::BTreeSet;

fn refused(error: AdmitError) -> Refusal {
    match error {
        AdmitError::Refused(refusal) => *refusal,
        other => panic!("refused for another reason: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_200_who_ask_at_once_for_7_cents_of_a_dollar_14_get_them() {
    let house = house().await;
    let limits = daily(Micros::dollars(1));
    let other_handle =
        Store::open(house.folder.path(), std::sync::Arc::new(house.clock.clone()), StoreOptions::default())
            .unwrap();
    let asking: Vec<_> = (0..200)
        .map(|at| {
            let store = if at % 2 == 0 { house.store.clone() } else { other_handle.clone() };
            let (limits, admission) = (limits.clone(), admission(house.workspace, cents(7)));
            tokio::spawn(async move { store.admissions().admit(admission, &limits).await })
        })
        .collect();
    let mut admitted = 0;
    for asked in asking {
        match asked.await.unwrap() {
            Ok(_) => admitted += 1,
            Err(error) => assert_eq!(error.problem().code, "budget_exhausted", "{error}"),
        }
    }
    assert_eq!(admitted, 14);
    assert_eq!(house.stands(&limits).await.reserved, cents(98));
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn a_refusal_leaves_nothing_behind_but_an_event() {
    let house = house().await;
    let limits = daily(cents(5));
    let refusal = refused(house.admit(cents(6), &limits).await.err().unwrap());
    assert_eq!((refusal.asked, refusal.spent, refusal.reserved), (cents(6), Micros::ZERO, Micros::ZERO));
    let totals = house.store.stats().totals().await.unwrap();
    assert_eq!((totals.tasks, totals.attempts, totals.reserved), (0, 0, Micros::ZERO));
    assert!(house.store.ledger().list(LedgerFilter::default()).await.unwrap().is_empty());
    assert!(house.store.runs().list(RunFilter::default()).await.unwrap().is_empty());
    let events = house.store.host_log().list(0, 10).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["breaker_refused"]);
}

#[tokio::test]
async fn a_refusal_says_what_is_in_the_way_and_what_to_do() {
    let house = house().await;
    let limits = daily(cents(10));
    house.admit(cents(8), &limits).await.unwrap();
    let problem = refused(house.admit(cents(3), &limits).await.err().unwrap()).problem();
    assert_eq!(
        problem.message,
        "the daily limit is $0.10: $0.00 spent, $0.08 held for work in flight, and this needs up to $0.03"
    );
    assert!(problem.remedy.contains("2026-11-22T00:00:00Z"), "{}", problem.remedy);
    assert!(problem.remedy.contains("raise or reset the breaker"), "{}", problem.remedy);
}

#[tokio::test]
async fn free_work_and_work_that_does_not_count_is_never_refused() {
    let house = house().await;
    let mut limits = daily(cents(1));
    house.admit(Micros::ZERO, &daily(Micros::ZERO)).await.unwrap();
    limits.counts = Counts::Billed;
    let mut subscribed = admission(house.workspace, cents(50));
    subscribed.attempt.account = Account::Equivalent;
    house.store.admissions().admit(subscribed, &limits).await.unwrap();
    assert_eq!(house.stands(&limits).await.reserved, Micros::ZERO);
    limits.counts = Counts::Both;
    assert_eq!(house.stands(&limits).await.reserved, cents(50), "both count by default");
}

#[tokio::test]
async fn each_scope_is_limited_by_itself() {
    let house = house().await;
    let of = |scope| limits(scope, Period::Ever, cents(10));
    let first = house.at_work(cents(8), &Limits::none()).await;
    for scope in
        [LimitScope::All, LimitScope::Workspace(house.workspace), LimitScope::Executor("shell".to_owned())]
    {
        let refusal = refused(house.admit(cents(8), &of(scope.clone())).await.err().unwrap());
        assert_eq!(refusal.limit.scope, scope);
        assert_eq!(refusal.resets_at, None);
    }
    for scope in [
        LimitScope::EachTask,
        LimitScope::EachRun,
        LimitScope::Workspace(WorkspaceId::new()),
        LimitScope::Executor("codex".to_owned()),
    ] {
        house.admit(cents(8), &of(scope)).await.unwrap();
    }
    for scope in [LimitScope::EachTask, LimitScope::EachRun] {
        let again = house
            .store
            .admissions()
            .add_attempt(first.run, attempt(2, cents(8)), Vec::new(), &of(scope))
            .await;
        assert_eq!(refused(again.unwrap_err()).reserved, cents(8));
    }
}

#[tokio::test]
async fn a_new_day_begins_anew_but_work_in_flight_still_counts() {
    let house = house().await;
    let limits = daily(cents(10));
    let yesterday = house.at_work(cents(6), &limits).await;
    house.charge(yesterday.attempt, cents(4), &limits).await;
    house.pass(24);
    let today = house.stands(&limits).await;
    assert_eq!((today.spent, today.reserved, today.left), (Micros::ZERO, cents(2), cents(8)));
    assert_eq!(today.period, "day:2026-11-22");
    house.admit(cents(8), &limits).await.unwrap();
    refused(house.admit(cents(1), &limits).await.err().unwrap());
    house.store.attempts().settle(settlement(yesterday.attempt, cents(1)), &limits).await.unwrap();
    let today = house.stands(&limits).await;
    assert_eq!(today.spent, Micros::ZERO, "what yesterday charged too much is given back to yesterday");
    assert_eq!(today.left, cents(2));
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn days_are_counted_in_the_operators_time_zone() {
    let house = house_in("Europe/Vienna", "2026-11-30T22:30:00Z").await;
    let limits = daily(cents(10));
    let work = house.at_work(cents(5), &limits).await;
    house.charge(work.attempt, cents(1), &limits).await;
    house.pass(1);
    house.charge(work.attempt, cents(3), &limits).await;
    let rows = house.store.ledger().list(LedgerFilter::default()).await.unwrap();
    let charged: Vec<_> = rows
        .iter()
        .filter(|row| row.kind == LedgerKind::Charge)
        .map(|row| (row.day.as_str(), row.month.as_str(), row.spent_delta))
        .collect();
    assert_eq!(charged, [("2026-11-30", "2026-11", cents(1)), ("2026-12-01", "2026-12", cents(2))]);
    let stands = house.stands(&limits).await;
    assert_eq!(stands.resets_at, Some("2026-12-01T23:00:00Z".parse().unwrap()));
}

#[tokio::test]
async fn the_default_halts_a_day_at_20_dollars_and_alerts_a_month_at_80() {
    let house = house().await;
    let limits = Limits::default();
    for _ in 0..5 {
        let work = house.at_work(Micros::dollars(17), &limits).await;
        house.store.attempts().settle(settlement(work.attempt, Micros::dollars(17)), &limits).await.unwrap();
        refused(house.admit(Micros::dollars(4), &limits).await.err().unwrap());
        house.pass(24);
    }
    let status = house.store.breaker().status(&limits).await.unwrap();
    assert_eq!(status.state, BreakerState::Alert);
    assert_eq!(status.left(Period::Day), Some(Micros::dollars(20)));
    assert_eq!(status.left(Period::Month), None, "an alert does not halt");
    house.admit(Micros::dollars(4), &limits).await.unwrap();
}

#[tokio::test]
async fn changes_of_state_are_told_once_and_in_order() {
    let house = house().await;
    let limits = daily(cents(10));
    let work = house.at_work(cents(8), &limits).await;
    for _ in 0..3 {
        refused(house.admit(cents(5), &limits).await.err().unwrap());
    }
    assert_eq!(house.store.breaker().status(&limits).await.unwrap().state, BreakerState::Halted);
    house.store.attempts().settle(settlement(work.attempt, cents(1)), &limits).await.unwrap();
    assert_eq!(house.store.breaker().status(&limits).await.unwrap().state, BreakerState::Closed);
    let mut history = house.store.breaker().history(10).await.unwrap();
    history.reverse();
    let kinds: Vec<_> = history.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["breaker_refused", "breaker_halted", "breaker_refused", "breaker_refused", "breaker_closed"]
    );
    let subjects: BTreeSet<_> = history.iter().map(|event| event.subject.as_str()).collect();
    assert_eq!(subjects, BTreeSet::from(["all"]));
}

#[tokio::test]
async fn what_is_too_large_for_the_limit_itself_is_refused_without_halting_the_rest() {
    let house = house().await;
    let limits = daily(cents(10));
    refused(house.admit(cents(11), &limits).await.err().unwrap());
    assert_eq!(house.store.breaker().status(&limits).await.unwrap().state, BreakerState::Closed);
    house.admit(cents(10), &limits).await.unwrap();
}

#[tokio::test]
async fn raising_a_limit_lets_work_in_until_the_period_ends_and_says_who_and_why() {
    let house = house().await;
    let limits = daily(cents(10));
    let work = house.at_work(cents(10), &limits).await;
    house.store.attempts().settle(settlement(work.attempt, cents(10)), &limits).await.unwrap();
    refused(house.admit(cents(5), &limits).await.err().unwrap());
    let rows_before = house.store.ledger().list(LedgerFilter::default()).await.unwrap();
    let raise = Raise {
        scope: Scope::All,
        period: Period::Day,
        by: cents(5),
        principal: "ada".to_owned(),
        reason: "the release is today".to_owned(),
    };
    let stands = house.store.breaker().raise(raise.clone(), &limits).await.unwrap().remove(0);
    assert_eq!((stands.allowance, stands.left), (cents(5), cents(5)));
    assert_eq!(house.store.ledger().list(LedgerFilter::default()).await.unwrap(), rows_before);
    house.admit(cents(5), &limits).await.unwrap();
    let history = house.store.breaker().history(10).await.unwrap();
    let raised = history.iter().find_map(|event| match event.event() {
        HostEvent::BreakerRaised(added) => Some((added.principal, added.reason)),
        _ => None,
    });
    assert_eq!(raised, Some(("ada".to_owned(), "the release is today".to_owned())));
    house.assert_sums_are_proved().await;
    house.pass(24);
    assert_eq!(house.stands(&limits).await.allowance, Micros::ZERO);
    let no_such = Raise { period: Period::Month, ..raise.clone() };
    assert_eq!(
        house.store.breaker().raise(no_such, &limits).await.unwrap_err().problem().code,
        "bad_request"
    );
    let nothing = Raise { by: Micros::ZERO, ..raise };
    assert_eq!(
        house.store.breaker().raise(nothing, &limits).await.unwrap_err().problem().code,
        "bad_request"
    );
}

#[tokio::test]
async fn a_reset_begins_only_what_is_reached_anew() {
    let house = house().await;
    let mut limits = daily(cents(10));
    limits.limits.push(Limit { period: Period::Month, amount: cents(80), ..limits.limits[0].clone() });
    let work = house.at_work(cents(10), &limits).await;
    house.store.attempts().settle(settlement(work.attempt, cents(10)), &limits).await.unwrap();
    let reset =
        || Reset { scope: Scope::All, principal: "ada".to_owned(), reason: "that was a test".to_owned() };
    let begun = house.store.breaker().reset(reset(), &limits).await.unwrap();
    assert_eq!(begun.len(), 1);
    assert_eq!((begun[0].limit.period, begun[0].left), (Period::Day, cents(10)));
    let status = house.store.breaker().status(&limits).await.unwrap();
    assert_eq!(status.state, BreakerState::Closed);
    assert_eq!(status.left(Period::Month), Some(cents(70)), "the month was not reached and goes on");
    house.admit(cents(10), &limits).await.unwrap();
    assert!(house.store.breaker().reset(reset(), &daily(cents(50))).await.unwrap().is_empty());
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn the_limits_of_a_task_and_a_run_can_be_seen_for_one_spender() {
    let house = house().await;
    let limits = limits(LimitScope::EachRun, Period::Ever, cents(10));
    let work = house.at_work(cents(4), &limits).await;
    assert!(house.store.breaker().status(&limits).await.unwrap().limits.is_empty());
    let spender = Spender {
        principal: "tester".to_owned(),
        workspace: house.workspace,
        executor: "shell".to_owned(),
        task: work.task,
        run: work.run,
        attempt: work.attempt,
    };
    let status = house.store.breaker().status_for(&spender, &limits).await.unwrap();
    assert_eq!((status.limits[0].scope.clone(), status.limits[0].left), (Scope::Run(work.run), cents(6)));
}
