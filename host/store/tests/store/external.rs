//! Tasks without a run: made, worked on elsewhere, charged, and closed.

use crate::support::*;
use jackfield_store::*;
use jackfield_types::*;
use serde_json::json;

const USUAL: Micros = Micros(500_000);

async fn opened(house: &House, key: Option<(&str, &str)>, limits: &Limits) -> Result<Opened, AdmitError> {
    let idempotency = key.map(|(key, digest)| Idempotency { key: key.to_owned(), digest: digest.to_owned() });
    let task = NewTask { idempotency, ..admission(house.workspace, Micros::ZERO).task };
    house.store.tasks().open(task, json!({ "instruction": "as asked" }), USUAL, limits).await
}

fn external(task: TaskId, total: Micros, key: Option<(&str, &str)>) -> ExternalAttempt {
    let attempt = attempt(1, Micros::ZERO);
    ExternalAttempt {
        task,
        principal: "tester".to_owned(),
        bound: None,
        run: run(),
        settlement: settlement(attempt.id, total),
        attempt,
        without_component: false,
        idempotency: key.map(|(key, digest)| Idempotency { key: key.to_owned(), digest: digest.to_owned() }),
        label: "shell succeeded elsewhere".to_owned(),
        content: json!({ "outcome": "succeeded" }),
    }
}

fn closing(task: TaskId, end: TaskEnd) -> Closing {
    Closing { task, end, reason: "it is merged".to_owned(), principal: "ann".to_owned() }
}

#[tokio::test]
async fn a_task_is_made_without_a_run_and_one_key_makes_one_task() {
    let house = house().await;
    let first = opened(&house, Some(("k", "d")), &Limits::none()).await.unwrap();
    let again = opened(&house, Some(("k", "d")), &Limits::none()).await.unwrap();
    assert_eq!((first.existing, again.existing, first.task), (false, true, again.task));
    let other = opened(&house, Some(("k", "other")), &Limits::none()).await.unwrap_err();
    assert_eq!(other.problem().code, "idempotency_conflict");
    let view = house.store.tasks().get(first.task).await.unwrap();
    assert_eq!((view.task.state, view.runs.len()), (TaskState::Ready, 0));
    assert_eq!(
        view.checkpoints.iter().map(|one| (one.version, &*one.kind)).collect::<Vec<_>>(),
        [(1, "spec")]
    );
    assert_eq!(view.decisions.iter().map(|one| &*one.kind).collect::<Vec<_>>(), ["init"]);
    let kinds: Vec<_> =
        house.store.host_log().list(0, 9).await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["task_created", "decision_made", "checkpoint_added"]);
}

#[tokio::test]
async fn no_task_is_made_while_a_limit_is_reached_and_nothing_but_the_refusal_is_on_record() {
    let house = house().await;
    let limits = daily(cents(5));
    let work = house.at_work(cents(5), &limits).await;
    house.store.attempts().settle(settlement(work.attempt, cents(5)), &limits).await.unwrap();
    let refused = opened(&house, None, &limits).await.unwrap_err().problem();
    assert_eq!(refused.code, "budget_exhausted");
    assert!(refused.message.contains("$0.05") && refused.message.contains("$0.50"), "{}", refused.message);
    assert_eq!(
        house.store.tasks().page(TaskFilter::default()).await.unwrap().tasks.len(),
        1,
        "the one that was there"
    );
    // Tomorrow there is money again.
    house.pass(24);
    assert!(opened(&house, None, &limits).await.is_ok());
}

#[tokio::test]
async fn an_attempt_made_elsewhere_is_charged_and_counted_once_and_leaves_the_task_open() {
    let house = house().await;
    // It is spent already: a limit that it breaks is told of, and does not refuse it.
    let limits = daily(cents(3));
    let task = opened(&house, None, &limits).await.unwrap().task;
    let first = external(task, cents(7), Some(("k", "d")));
    let logged = house.store.tasks().log_attempt(first.clone(), &limits).await.unwrap();
    let again = external(task, cents(7), Some(("k", "d")));
    let known = house.store.tasks().log_attempt(again, &limits).await.unwrap();
    assert_eq!((known.run, known.attempt, known.existing), (logged.run, logged.attempt, true));
    let other = house.store.tasks().log_attempt(external(task, cents(9), Some(("k", "e"))), &limits).await;
    assert_eq!(other.unwrap_err().problem().code, "idempotency_conflict");

    assert_eq!(house.ledger_of(logged.attempt).await, [(LedgerKind::Charge, 0, cents(7).0)]);
    assert_eq!(house.stands(&limits).await.state, BreakerState::Halted);
    let stats = house.store.stats().by_model(Some("bugfix"), Some("rust")).await.unwrap().remove(0);
    assert_eq!((stats.attempts, stats.succeeded, stats.verified), (1, 1, 1));
    assert_eq!((stats.mean_cost(), stats.mean_latency_ms()), (Some(cents(7)), Some(1200)));
    let view = house.store.tasks().get(task).await.unwrap();
    let run = &view.runs[0];
    assert_eq!((run.run.state, view.task.state), (RunState::Succeeded, TaskState::InProgress));
    assert_eq!((run.attempts.len(), run.artifacts.len()), (1, 1));
    assert_eq!(view.checkpoints.iter().map(|one| &*one.kind).collect::<Vec<_>>(), ["spec", "write"]);
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn a_key_belongs_to_its_task_and_its_principal() {
    let house = house().await;
    let (one, other) = (
        opened(&house, None, &Limits::none()).await.unwrap().task,
        opened(&house, None, &Limits::none()).await.unwrap().task,
    );
    for task in [one, other] {
        let logged =
            house.store.tasks().log_attempt(external(task, CENT, Some(("k", "d"))), &Limits::none()).await;
        assert!(!logged.unwrap().existing);
    }
    let somebody_else =
        ExternalAttempt { principal: "somebody".to_owned(), ..external(one, CENT, Some(("k", "d"))) };
    assert!(!house.store.tasks().log_attempt(somebody_else, &Limits::none()).await.unwrap().existing);
    assert_eq!(house.store.tasks().get(one).await.unwrap().runs.len(), 2);
}

#[tokio::test]
async fn an_executor_without_a_component_is_on_record_as_one() {
    let house = house().await;
    let task = opened(&house, None, &Limits::none()).await.unwrap().task;
    let mut unknown = external(task, CENT, None);
    unknown.attempt.adapter = PluginRef { digest: Digest::from_bytes([5; 32]), ..adapter() };
    unknown.without_component = true;
    house.store.tasks().log_attempt(unknown, &Limits::none()).await.unwrap();
    let versions = house.store.host_log().plugin_history().await.unwrap();
    assert_eq!((versions[0].state, versions[0].first_served_at), (Serving::Retired, None));
    assert!(versions[0].reason.contains("no component"), "{}", versions[0].reason);
}

#[tokio::test]
async fn a_task_is_closed_once_its_runs_have_ended_and_closing_it_again_changes_nothing() {
    let house = house().await;
    let work = house.at_work(CENT, &Limits::none()).await;
    let active = house.store.tasks().close(closing(work.task, TaskEnd::Done)).await.unwrap();
    assert_eq!(active, Closed::RunActive(work.run, RunState::Running));
    house.store.attempts().settle(settlement(work.attempt, CENT), &Limits::none()).await.unwrap();
    let closed = house.store.tasks().close(closing(work.task, TaskEnd::Cancelled)).await.unwrap();
    assert_eq!(closed, Closed::Closed { version: 1 });
    let again = house.store.tasks().close(closing(work.task, TaskEnd::Cancelled)).await.unwrap();
    assert_eq!(again, Closed::Already { version: 1 });
    let view = house.store.tasks().get(work.task).await.unwrap();
    assert_eq!((view.task.state, view.decisions.len()), (TaskState::Cancelled, 1));
    assert_eq!(view.decisions[0].details, json!({ "from": "done", "to": "cancelled" }));
    // What was spent on it elsewhere is still put on record, and does not open it again.
    house.store.tasks().log_attempt(external(work.task, CENT, None), &Limits::none()).await.unwrap();
    assert_eq!(house.store.runs().task(work.task).await.unwrap().state, TaskState::Cancelled);
    let specified = house.store.tasks().specify(work.task, "ann", "more", |_| json!({})).await.unwrap_err();
    assert_eq!(specified.problem().code, "illegal_transition");
}

#[tokio::test]
async fn rounds_are_attempts_side_by_side_with_what_their_comparison_said() {
    let house = house().await;
    let work = house.at_work(CENT, &Limits::none()).await;
    assert_eq!(house.store.runs().rounds(work.task, None).await.unwrap(), []);
    let second = attempt(2, CENT);
    house
        .store
        .admissions()
        .add_attempt(work.run, second.clone(), Vec::new(), &Limits::none())
        .await
        .unwrap();
    let verdict = NewDecision {
        task: work.task,
        run: Some(work.run),
        attempt: None,
        kind: "verdict".to_owned(),
        decided_by: "judge".to_owned(),
        reason: "the second passes its checks".to_owned(),
        details: json!({ "attempts": [work.attempt, second.id], "winner": second.id, "cost_usd": 0.02 }),
    };
    house.store.decisions().record(verdict).await.unwrap();
    let rounds = house.store.runs().rounds(work.task, Some(work.run)).await.unwrap();
    let ids: Vec<_> = rounds[0].attempts.iter().map(|attempt| attempt.id).collect();
    assert_eq!((rounds.len(), ids), (1, vec![work.attempt, second.id]));
    assert_eq!(rounds[0].verdict.as_ref().unwrap().details["winner"], json!(second.id));
    assert_eq!(house.store.runs().rounds(work.task, Some(RunId::new())).await.unwrap(), []);
}

#[tokio::test]
async fn what_was_cut_short_by_a_rate_limit_makes_nobody_look_cheap_or_bad() {
    let house = house().await;
    for (class, total) in [
        (None, cents(8)),
        (Some(FailureClass::TestFail), cents(4)),
        (Some(FailureClass::RateLimited), Micros::ZERO),
    ] {
        let work = house.at_work(cents(8), &Limits::none()).await;
        let settlement = match class {
            None => settlement(work.attempt, total),
            Some(class) => Settlement { latency_ms: 10, ..failed(work.attempt, total, class) },
        };
        house.store.attempts().settle(settlement, &Limits::none()).await.unwrap();
    }
    let all = house.store.stats().by_model(None, None).await.unwrap();
    let stats = all.iter().find(|stats| stats.succeeded == 1).unwrap();
    assert_eq!((stats.attempts, stats.judged(), stats.quality_failed), (3, 2, 1));
    assert_eq!(stats.mean_cost(), Some(cents(6)), "of the two that say something");
    assert_eq!(stats.mean_latency_ms(), Some((1200 + 10) / 2));
}

#[tokio::test]
async fn bounded_writer_is_refused_past_its_day_and_past_what_would_halt_a_limit() {
    let house = house().await;
    let limits = daily(cents(100));
    let task = opened(&house, None, &limits).await.unwrap().task;
    let bound = |day: i64, spare: i64| Some(WriteBound { day: cents(day), spare: cents(spare) });
    let write = async |cost: i64, bound| {
        let external = ExternalAttempt { bound, ..external(task, cents(cost), None) };
        house.store.tasks().log_attempt(external, &limits).await.map_err(Problem::from)
    };
    write(20, bound(30, 10)).await.unwrap();
    let refused = write(11, bound(30, 10)).await.unwrap_err();
    assert_eq!(refused.code, "budget_exhausted");
    assert!(
        refused.message.contains("the work that the token 'tester' records is $0.30"),
        "{}",
        refused.message
    );
    assert!(refused.remedy.contains("breaker.write_day_usd"), "{}", refused.remedy);
    // However much the writer may, the limit of the day is not used up by it.
    let refused = write(75, bound(1_000, 10)).await.unwrap_err();
    assert!(refused.message.contains("the daily limit is $1.00"), "{}", refused.message);
    assert_eq!(house.stands(&limits).await.state, BreakerState::Closed, "no refusal halts it either");
    write(70, bound(1_000, 10)).await.unwrap();
    write(0, bound(1, 10)).await.unwrap();
    assert_eq!(house.stands(&limits).await.state, BreakerState::Closed);
    write(500, None).await.unwrap();
    assert_eq!(house.stands(&limits).await.state, BreakerState::Halted, "who runs the host may");
    house.pass(24);
    write(30, bound(30, 10)).await.unwrap();
    house.assert_sums_are_proved().await;
}
