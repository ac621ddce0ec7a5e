//! Figures that nobody can have spent: refused or cut, whoever reports them; and what was recorded before
//! there was a bound is put right by an operator.

use crate::support::*;
use jackfield_model::{HostEvent, RunEvent};
use jackfield_store::Scope;
use jackfield_store::*;
use jackfield_types::*;
use rusqlite::Connection;

fn absurd() -> Usage {
    Usage {
        input: u64::MAX,
        cached_input: u64::MAX,
        cache_write: u64::MAX,
        output: u64::MAX,
        reasoning: u64::MAX,
        cost: Some(Micros(i64::MAX)),
        estimated: false,
    }
}

fn alerting(scope: LimitScope, period: Period, amount: Micros) -> Limit {
    Limit { scope, period, amount, action: Action::Alert }
}

async fn kinds(house: &House) -> Vec<(String, String)> {
    let events = house.store.host_log().list(0, 1000).await.unwrap();
    let breaker = events.into_iter().filter(|event| event.is_of_breaker());
    breaker.map(|event| (event.kind, event.subject)).collect()
}

#[tokio::test]
async fn absurd_usage_of_a_running_attempt_is_cut_and_settles() {
    let house = house().await;
    let limits = daily(Micros::dollars(20));
    for total in [Micros(i64::MAX), Micros(i64::MIN), Micros::dollars(5_000_000)] {
        let work = house.at_work(cents(10), &Limits::none()).await;
        let charged = house
            .store
            .attempts()
            .charge(work.attempt, total, &absurd(), CostSource::Agent, None, &Limits::none())
            .await;
        charged.unwrap();
        let settled = Settlement { usage: absurd(), latency_ms: u64::MAX, ..settlement(work.attempt, total) };
        assert!(matches!(
            house.store.attempts().settle(settled, &limits).await.unwrap(),
            Settling::Settled { .. }
        ));
        let attempt = house.store.runs().attempt(work.attempt).await.unwrap();
        assert!(attempt.cost <= Micros::MOST && attempt.cost >= Micros::ZERO, "{}", attempt.cost);
        assert!(attempt.usage.is_plausible() && attempt.usage.estimated);
        let events = house.store.logs().events(work.run, 0, 100).await.unwrap();
        assert!(
            events.iter().any(|event| matches!(event.event(), RunEvent::HostWarning(_))),
            "the run says so: {events:?}"
        );
    }
    house.store.stats().totals().await.unwrap();
    house.store.stats().by_model(None, None).await.unwrap();
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn absurd_late_charge_is_cut() {
    let house = house().await;
    let work = house.at_work(cents(10), &Limits::none()).await;
    house.store.attempts().settle(settlement(work.attempt, cents(1)), &Limits::none()).await.unwrap();
    let late = house
        .store
        .workers()
        .charge_late(work.attempt, Micros(i64::MAX), &absurd(), CostSource::Agent, None, &Limits::none())
        .await;
    assert_eq!(late.unwrap(), Micros::MOST - cents(1));
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn reservations_and_raises_past_all_bounds_are_refused() {
    let house = house().await;
    for reserve in [Micros(-1), Micros(i64::MIN), Micros::MOST + Micros(1), Micros(i64::MAX)] {
        let refused = house.admit(reserve, &Limits::none()).await.err().unwrap().problem();
        assert_eq!(refused.code, "bad_request", "{reserve}: {refused:?}");
    }
    let limits = daily(cents(10));
    for by in [Micros::ZERO, Micros(-1), Micros::MOST + Micros(1), Micros(i64::MAX)] {
        let raise = Raise {
            scope: Scope::All,
            period: Period::Day,
            by,
            principal: "ops".to_owned(),
            reason: "x".to_owned(),
        };
        assert!(house.store.breaker().raise(raise, &limits).await.is_err(), "{by}");
    }
    assert_eq!(house.store.stats().totals().await.unwrap().reserved, Micros::ZERO);
    house.assert_sums_are_proved().await;
}

/// Records as a version without a bound left them: one attempt that cost as much as a column holds.
async fn ruined(house: &House) -> AtWork {
    let work = house.at_work(cents(10), &Limits::none()).await;
    house.store.attempts().settle(settlement(work.attempt, cents(1)), &Limits::none()).await.unwrap();
    let file = Connection::open(house.store.file()).unwrap();
    let more = i64::MAX - cents(1).0;
    let (attempt, run, task) = (work.attempt, work.run, work.task);
    file.execute(
        "INSERT INTO ledger (at, day, month, workspace, task, run, attempt, executor, model, kind, reserved_delta,
                             spent_delta, account, principal)
         SELECT at, day, month, workspace, task, run, attempt, executor, model, 'charge', 0, ?1, account, principal
         FROM ledger WHERE attempt = ?2 AND kind = 'charge'",
        (more, attempt.to_string()),
    )
    .unwrap();
    file.execute("UPDATE attempts SET cost = ?1 WHERE id = ?2", (i64::MAX, attempt.to_string())).unwrap();
    file.execute(
        "UPDATE breaker SET spent_billed = ?1 WHERE spent_billed > 0 AND (scope NOT GLOB 'run:*' OR scope = ?2)
             AND (scope NOT GLOB 'task:*' OR scope = ?3)",
        (i64::MAX, format!("run:{run}"), format!("task:{task}")),
    )
    .unwrap();
    file.execute("UPDATE spending_days SET billed = ?1, charges = charges + 1 WHERE billed > 0", (i64::MAX,))
        .unwrap();
    work
}

#[tokio::test]
async fn records_with_the_largest_amount_still_settle_and_are_corrected() {
    let house = house().await;
    let limits = daily(Micros::dollars(20));
    let bad = ruined(&house).await;
    house.assert_sums_are_proved().await;
    assert_eq!(house.stands(&limits).await.state, BreakerState::Halted);
    house.pass(24);

    // Another day: work is admitted, charged and settled, although the sums over all time are full.
    let work = house.at_work(cents(10), &limits).await;
    house.charge(work.attempt, cents(4), &limits).await;
    house.store.attempts().settle(settlement(work.attempt, cents(6)), &limits).await.unwrap();
    assert_eq!(house.stands(&limits).await.spent, cents(6));
    house.store.stats().totals().await.unwrap();
    house.store.stats().usage_share("2026-11-01T00:00:00Z".parse().unwrap()).await.unwrap();
    house.store.runs().list(RunFilter::default()).await.unwrap();
    house.store.tasks().page(TaskFilter::default()).await.unwrap();

    let correction = Correction {
        run: bad.run,
        cost: cents(2),
        principal: "ops".to_owned(),
        reason: "its agent made the figures up".to_owned(),
    };
    let corrected = house.store.ledger().correct(correction, &limits).await.unwrap();
    assert_eq!((corrected.was, corrected.cost), (Micros(i64::MAX), cents(2)));
    house.assert_sums_are_proved().await;
    assert_eq!(house.store.runs().attempt(bad.attempt).await.unwrap().cost, cents(2));
    assert_eq!(house.store.stats().totals().await.unwrap().billed, cents(8));
    assert_eq!(house.stands(&limits).await.spent, cents(6), "it is taken from its own day");
    let last = house.ledger_of(bad.attempt).await.pop().unwrap();
    assert_eq!(last, (LedgerKind::Correct, 0, cents(2).0 - i64::MAX));
}

#[tokio::test]
async fn correction_goes_up_and_down_and_is_on_the_ledger_and_the_log() {
    let house = house().await;
    let limits = daily(cents(50));
    let work = house.at_work(cents(40), &limits).await;
    let correct = |cost: Micros| Correction {
        run: work.run,
        cost,
        principal: "ops".to_owned(),
        reason: "the bill says so".to_owned(),
    };
    let early = house.store.ledger().correct(correct(cents(1)), &limits).await.unwrap_err();
    assert_eq!(early.problem().code, "illegal_transition", "it has not ended");
    house.store.attempts().settle(settlement(work.attempt, cents(30)), &limits).await.unwrap();
    for (cost, left) in [(cents(45), cents(5)), (cents(3), cents(47)), (Micros::ZERO, cents(50))] {
        let corrected = house.store.ledger().correct(correct(cost), &limits).await.unwrap();
        assert_eq!((corrected.cost, corrected.limits[0].left), (cost, left));
        assert_eq!(house.store.runs().get(work.run).await.unwrap().attempts[0].cost, cost);
        house.assert_sums_are_proved().await;
    }
    for bad in [Micros(-1), Micros::MOST + Micros(1)] {
        assert!(house.store.ledger().correct(correct(bad), &limits).await.is_err(), "{bad}");
    }
    let filter = LedgerFilter { attempt: Some(work.attempt), ..LedgerFilter::default() };
    let rows = house.store.ledger().list(filter).await.unwrap();
    let corrections: Vec<_> = rows.iter().filter(|row| row.kind == LedgerKind::Correct).collect();
    assert_eq!(corrections.len(), 3);
    assert!(corrections.iter().all(|row| row.note.as_deref() == Some("the bill says so (ops)")));
    assert_eq!(kinds(&house).await.iter().filter(|(kind, _)| kind == "breaker_corrected").count(), 3);
    let stats = house.store.stats().by_model(None, None).await.unwrap();
    assert_eq!(stats[0].cost, Micros::ZERO, "choosers judge by what it really cost");
}

#[tokio::test]
async fn correction_takes_back_the_forgiveness_of_a_reset() {
    let house = house().await;
    let limits = daily(cents(10));
    let work = house.at_work(cents(10), &limits).await;
    house.store.attempts().settle(settlement(work.attempt, Micros::dollars(900)), &limits).await.unwrap();
    let (principal, reason) = ("ops".to_owned(), "go on".to_owned());
    let reset = Reset { scope: Scope::All, principal: principal.clone(), reason: reason.clone() };
    house.store.breaker().reset(reset, &limits).await.unwrap();
    assert_eq!(house.stands(&limits).await.left, cents(10));
    let correction = Correction { run: work.run, cost: cents(4), principal, reason };
    house.store.ledger().correct(correction, &limits).await.unwrap();
    let now = house.stands(&limits).await;
    assert_eq!((now.spent, now.allowance, now.left), (cents(4), cents(4), cents(10)));
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn token_is_limited_by_itself() {
    let house = house().await;
    let limits = limits(LimitScope::Token("tester".to_owned()), Period::Day, cents(10));
    house.admit(cents(8), &limits).await.unwrap();
    let refused = house.admit(cents(8), &limits).await.err().unwrap().problem();
    assert_eq!(refused.code, "budget_exhausted");
    assert!(refused.message.contains("of the token 'tester'"), "{}", refused.message);
    let mut other = admission(house.workspace, cents(8));
    other.task.principal = "other".to_owned();
    house.store.admissions().admit(other, &limits).await.unwrap();
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn alert_is_told_once_also_while_another_limit_halts() {
    let house = house().await;
    let mut limits = daily(cents(20));
    limits.limits.push(alerting(LimitScope::All, Period::Month, cents(15)));
    let work = house.at_work(cents(20), &limits).await;
    house.store.attempts().settle(settlement(work.attempt, cents(20)), &limits).await.unwrap();
    let more = house.at_work(Micros::ZERO, &limits).await;
    house.store.attempts().settle(settlement(more.attempt, cents(1)), &limits).await.unwrap();
    let told = kinds(&house).await;
    let count = |kind: &str| told.iter().filter(|(told, _)| told == kind).count();
    assert_eq!((count("breaker_alert"), count("breaker_halted")), (1, 1), "{told:?}");
    // The day is over: the halt ends, and that is told, too; the month's alert is not told twice.
    house.pass(24);
    house.admit(cents(1), &limits).await.unwrap();
    let events = house.store.host_log().list(0, 1000).await.unwrap();
    let last = events.iter().rfind(|event| event.is_of_breaker()).unwrap();
    let HostEvent::BreakerAlert(change) = last.event() else { panic!("{last:?}") };
    assert_eq!(change.from, BreakerState::Halted);
}

#[tokio::test]
async fn alert_of_a_task_is_told() {
    let house = house().await;
    let limits =
        Limits { limits: vec![alerting(LimitScope::EachTask, Period::Ever, cents(5))], counts: Counts::Both };
    let work = house.at_work(cents(10), &limits).await;
    house.store.attempts().settle(settlement(work.attempt, cents(6)), &limits).await.unwrap();
    assert_eq!(kinds(&house).await, [("breaker_alert".to_owned(), format!("task:{}", work.task))]);
}

#[tokio::test]
async fn refusal_of_many_at_once_halts_nothing_for_one() {
    let house = house().await;
    let limits = daily(cents(20));
    let mut several = admission(house.workspace, cents(8));
    several.beside = vec![attempt(2, cents(8)), attempt(3, cents(8))];
    assert!(house.store.admissions().admit(several, &limits).await.is_err());
    assert_eq!(house.stands(&limits).await.state, BreakerState::Closed);
    house.admit(cents(8), &limits).await.unwrap();
}
