//! Who takes what from the queue, in which order, and what becomes of it.

use crate::support::*;
use jackfield_model::RunEvent;
use jackfield_store::*;
use jackfield_types::*;
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

async fn place(store: &Store, name: &str) -> WorkspaceId {
    let new = NewWorkspace { name: name.into(), path: format!("/srv/{name}"), kind: WorkspaceKind::Git };
    store.workspaces().ensure(new).await.unwrap().id
}

/// A run of a free executor that waits; each a moment after the one before.
async fn queued(house: &House, workspace: WorkspaceId, executor: &str, priority: i32) -> RunId {
    house.clock.advance(Duration::from_millis(1));
    let mut admission = admission(workspace, Micros::ZERO);
    admission.attempt.executor = executor.to_owned();
    admission.run.priority = priority;
    house.store.admissions().admit(admission, &Limits::none()).await.unwrap().run
}

async fn claim(house: &House, offer: &Offer, caps: &Caps) -> Option<RunId> {
    house.store.queue().claim(offer.clone(), caps.clone()).await.unwrap().map(|claimed| claimed.hold.run)
}

async fn finish(house: &House, run: RunId, then: Then) -> Settling {
    let view = house.store.runs().get(run).await.unwrap();
    let attempt = view.attempts.last().unwrap();
    let settlement = Settlement { then, ..settlement(attempt.id, Micros::ZERO) };
    house.store.held(view.run.hold()).settle(settlement, &Limits::none()).await.unwrap()
}

#[tokio::test]
async fn urgent_work_goes_first_then_what_came_first() {
    let house = house().await;
    let me = offer(worker(&house.store, "bench").await, 10);
    let late = queued(&house, house.workspace, "shell", 0).await;
    let urgent = queued(&house, house.workspace, "shell", 5).await;
    let later = queued(&house, house.workspace, "shell", 0).await;
    for expected in [Some(urgent), Some(late), Some(later), None] {
        assert_eq!(claim(&house, &me, &caps()).await, expected);
    }
}

#[tokio::test]
async fn a_workspace_with_much_to_do_holds_up_nobody_else() {
    let house = house().await;
    let me = offer(worker(&house.store, "bench").await, 100);
    let (busy, quiet) = (place(&house.store, "busy").await, place(&house.store, "quiet").await);
    let mut of_busy = Vec::new();
    for _ in 0..20 {
        of_busy.push(queued(&house, busy, "shell", 0).await);
    }
    let (one, two) = (queued(&house, quiet, "shell", 0).await, queued(&house, quiet, "shell", 0).await);
    let mut order = Vec::new();
    while let Some(run) = claim(&house, &me, &caps()).await {
        order.push(run);
    }
    assert_eq!(order.len(), 22);
    let at = |run| order.iter().position(|other| *other == run).unwrap();
    assert!(at(one) <= 1 && at(two) <= 3, "quiet runs went at {} and {}", at(one), at(two));
    let places: Vec<_> = of_busy.iter().map(|run| at(*run)).collect();
    assert!(places.is_sorted(), "within a workspace, first come, first served");
}

#[tokio::test]
async fn what_waits_long_goes_before_what_is_urgent_in_the_end() {
    let house = house().await;
    let me = offer(worker(&house.store, "bench").await, 1);
    let patient = queued(&house, house.workspace, "shell", 0).await;
    house.clock.advance(Duration::from_secs(599));
    let urgent = queued(&house, house.workspace, "shell", 2).await;
    house.clock.advance(Duration::from_secs(2));
    // Two levels higher by now, and it came first.
    assert_eq!(claim(&house, &me, &caps()).await, Some(patient));
    assert_eq!(claim(&house, &me, &caps()).await, Some(urgent));
}

#[tokio::test]
async fn no_cap_is_ever_passed() {
    let house = house().await;
    let me = offer(worker(&house.store, "bench").await, 100);
    let other = place(&house.store, "other").await;
    for executor in ["claude", "claude", "claude", "shell", "shell", "shell"] {
        queued(&house, house.workspace, executor, 0).await;
        queued(&house, other, executor, 0).await;
    }
    let caps = Caps {
        local: Some(5),
        executors: BTreeMap::from([("claude".to_owned(), 2)]),
        workspaces: BTreeMap::from([(other, 1)]),
        ..caps()
    };
    let mut taken = HashMap::<(String, WorkspaceId), u32>::new();
    let mut runs = Vec::new();
    while let Some(run) = claim(&house, &me, &caps).await {
        let view = house.store.runs().get(run).await.unwrap();
        *taken.entry((view.attempts[0].executor.clone(), view.run.workspace)).or_default() += 1;
        runs.push(run);
    }
    let sum = |which: &dyn Fn(&str, WorkspaceId) -> bool| {
        taken.iter().filter(|((name, at), _)| which(name, *at)).map(|(_, count)| *count).sum::<u32>()
    };
    assert_eq!(sum(&|_, at| at == other), 1);
    assert!(sum(&|name, _| name == "claude") <= 2);
    assert_eq!(sum(&|_, _| true), 5, "a full executor or workspace does not hold up the rest: {taken:?}");
    let occupancy = house.store.queue().occupancy().await.unwrap();
    assert_eq!((occupancy.local, occupancy.all), (5, 5));
    finish(&house, runs[0], Then::End(RunState::Succeeded)).await;
    assert!(claim(&house, &me, &caps).await.is_some(), "a place that is free again is taken again");
}

#[tokio::test]
async fn each_run_is_taken_once_however_many_ask_from_several_processes() {
    let house = house().await;
    for _ in 0..60 {
        queued(&house, house.workspace, "shell", 0).await;
    }
    let mut askers = Vec::new();
    for _ in 0..6 {
        // A connection of its own each, as another process would have.
        let store = open(house.folder.path());
        askers.push(tokio::spawn(async move {
            let me = offer(worker(&store, "bench").await, 1);
            let mut taken = Vec::new();
            while let Some(claimed) = store.queue().claim(me.clone(), caps()).await.unwrap() {
                taken.push(claimed.hold.run);
            }
            taken
        }));
    }
    let mut all = Vec::new();
    for asker in askers {
        all.extend(asker.await.unwrap());
    }
    assert_eq!(all.len(), 60);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 60);
}

#[tokio::test]
async fn a_worker_gets_only_what_it_can_do() {
    let house = house().await;
    let elsewhere = place(&house.store, "elsewhere").await;
    queued(&house, house.workspace, "claude", 0).await;
    queued(&house, elsewhere, "shell", 0).await;
    let mine = queued(&house, house.workspace, "shell", 0).await;
    let me = Offer {
        executors: Some(vec!["shell".to_owned()]),
        workspaces: Some(vec![house.workspace]),
        ..offer(worker(&house.store, "bench").await, 5)
    };
    assert_eq!(claim(&house, &me, &caps()).await, Some(mine));
    assert_eq!(claim(&house, &me, &caps()).await, None);
}

#[tokio::test]
async fn a_run_that_is_kept_for_somebody_is_theirs_until_they_are_gone() {
    let house = house().await;
    let mut admission = admission(house.workspace, Micros::ZERO);
    admission.run.affinity = Some("own".to_owned());
    let kept = house.store.admissions().admit(admission, &Limits::none()).await.unwrap().run;
    let free = queued(&house, house.workspace, "shell", 0).await;
    let id = worker(&house.store, "bench").await;
    let own = Offer { holder: "own".to_owned(), only_own: true, ..offer(id, 5) };
    let other = offer(id, 5);
    assert_eq!(claim(&house, &other, &caps()).await, Some(free));
    assert_eq!(claim(&house, &other, &caps()).await, None);
    assert_eq!(house.store.queue().affinities().await.unwrap(), ["own"]);
    assert_eq!(claim(&house, &own, &caps()).await, Some(kept));
    let mut again = crate::support::admission(house.workspace, Micros::ZERO);
    again.run.affinity = Some("own".to_owned());
    let orphan = house.store.admissions().admit(again, &Limits::none()).await.unwrap().run;
    assert_eq!(house.store.queue().forget_affinity("own").await.unwrap(), 1);
    assert_eq!(claim(&house, &other, &caps()).await, Some(orphan));
}

#[tokio::test]
async fn the_next_round_goes_back_to_the_queue_with_its_attempts_and_waits_its_time() {
    let house = house().await;
    let me = offer(worker(&house.store, "bench").await, 5);
    let run = queued(&house, house.workspace, "shell", 0).await;
    claim(&house, &me, &caps()).await.unwrap();
    let round = |number, executor: &str| NewAttempt {
        executor: executor.to_owned(),
        round: 2,
        context: Some("it failed".to_owned()),
        ..attempt(number, Micros::ZERO)
    };
    let not_before = Some(house.at().checked_add(Duration::from_secs(60)).unwrap());
    let then = Then::Again { attempts: vec![round(2, "claude"), round(3, "codex")], not_before };
    finish(&house, run, then).await;
    assert_eq!(claim(&house, &me, &caps()).await, None, "it is to wait a minute");
    let line = house.store.queue().backlog(run, &caps()).await.unwrap().unwrap();
    assert_eq!((line.position, line.of, line.not_before), (1, 1, not_before));
    house.clock.advance(Duration::from_secs(60));
    let claimed = house.store.queue().claim(me.clone(), caps()).await.unwrap().unwrap();
    assert_eq!((claimed.hold.run, claimed.attempts.len()), (run, 2));
    let view = house.store.runs().get(run).await.unwrap();
    assert_eq!(view.attempts[2].context.as_deref(), Some("it failed"));
    assert_eq!(house.store.queue().occupancy().await.unwrap().all, 2);
}

#[tokio::test]
async fn two_side_by_side_start_where_only_one_is_allowed_once_nothing_else_is_at_work() {
    let house = house().await;
    let me = offer(worker(&house.store, "bench").await, 5);
    let caps = Caps { local: Some(1), ..caps() };
    let pair = queued(&house, house.workspace, "shell", 0).await;
    claim(&house, &me, &caps).await.unwrap();
    let round = |number| NewAttempt { round: 2, ..attempt(number, Micros::ZERO) };
    finish(&house, pair, Then::Again { attempts: vec![round(2), round(3)], not_before: None }).await;
    assert_eq!(claim(&house, &me, &caps).await, Some(pair));
}

#[tokio::test]
async fn a_next_round_that_cannot_be_paid_ends_the_run_and_says_why() {
    let house = house().await;
    let limits = daily(cents(10));
    let work = house.at_work(cents(6), &limits).await;
    let then = Then::Again { attempts: vec![attempt(2, cents(8))], not_before: None };
    let failed = Settlement { then, ..failed(work.attempt, cents(5), FailureClass::TestFail) };
    let Settling::Settled { refused: Some(refusal), .. } =
        house.store.attempts().settle(failed, &limits).await.unwrap()
    else {
        panic!("it should be refused");
    };
    assert_eq!(refusal.problem().code, "budget_exhausted");
    let view = house.store.runs().get(work.run).await.unwrap();
    assert_eq!((view.run.state, view.attempts.len()), (RunState::Failed, 1));
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn a_run_that_waits_is_called_off_and_gives_back_what_it_held() {
    let house = house().await;
    let limits = daily(cents(10));
    let work = house.admit(cents(8), &limits).await.unwrap();
    let settlement = || Settlement { ..failed(work.attempt, Micros::ZERO, FailureClass::Cancelled) };
    let off = |settlements| {
        house.store.attempts().settle_waiting(
            work.run,
            settlements,
            RunState::Cancelled,
            "not needed",
            &limits,
        )
    };
    assert!(off(vec![settlement()]).await.unwrap());
    assert!(!off(vec![settlement()]).await.unwrap(), "it has ended");
    assert_eq!(house.stands(&limits).await.reserved, Micros::ZERO);
    assert_eq!(house.store.runs().get(work.run).await.unwrap().run.state, RunState::Cancelled);
    assert!(
        house.store.stats().by_model(None, None).await.unwrap().is_empty(),
        "it says nothing about anybody"
    );
    let me = offer(worker(&house.store, "bench").await, 5);
    assert_eq!(claim(&house, &me, &caps()).await, None);
}

#[tokio::test]
async fn a_run_in_hand_hears_that_it_is_to_end_and_nothing_follows_it() {
    let house = house().await;
    let id = worker(&house.store, "bench").await;
    let run = queued(&house, house.workspace, "shell", 0).await;
    assert!(!house.store.queue().ask_to_end(run, "early").await.unwrap(), "nobody has it in hand");
    claim(&house, &offer(id, 1), &caps()).await.unwrap();
    assert!(house.store.queue().ask_to_end(run, "not needed").await.unwrap());
    assert!(house.store.queue().ask_to_end(run, "again").await.unwrap());
    let told = vec![(run, "not needed".to_owned())];
    assert_eq!(house.store.queue().called_off(id).await.unwrap(), told);
    assert_eq!(
        house.store.workers().heartbeat(id, LEASE).await.unwrap(),
        Heartbeat { cancelled: told, given_up: false, late: false }
    );
    let then = Then::Again { attempts: vec![attempt(2, Micros::ZERO)], not_before: None };
    finish(&house, run, then).await;
    let view = house.store.runs().get(run).await.unwrap();
    assert_eq!((view.run.state, view.attempts.len()), (RunState::Cancelled, 1));
}

#[tokio::test]
async fn worker_without_a_lease_is_given_up_and_its_run_is_taken_over_once() {
    let house = house().await;
    let (gone, next) = (worker(&house.store, "bench").await, worker(&house.store, "bench").await);
    let run = queued(&house, house.workspace, "shell", 0).await;
    claim(&house, &offer(gone, 1), &caps()).await.unwrap();
    house.clock.advance(Duration::from_secs(200));
    house.store.workers().heartbeat(next, LEASE).await.unwrap();
    house.clock.advance(Duration::from_secs(101));
    let expired = house.store.workers().expired().await.unwrap();
    assert_eq!(expired.iter().map(|worker| (worker.id, worker.busy)).collect::<Vec<_>>(), [(gone, 1)]);
    assert!(!house.store.workers().give_up(next, "not heard of").await.unwrap(), "its lease is in force");
    assert!(house.store.workers().give_up(gone, "not heard of").await.unwrap());
    assert!(house.store.workers().heartbeat(gone, LEASE).await.unwrap().given_up, "it must begin anew");
    let lost = house.store.queue().in_hand().await.unwrap().remove(0);
    assert_eq!((lost.hold.run, lost.worker), (run, Some(gone)));
    let hold = house.store.queue().take_over(&lost, next, "next").await.unwrap().unwrap();
    assert_eq!(hold, Hold { run, epoch: 2 });
    assert_eq!(house.store.queue().take_over(&lost, next, "other").await.unwrap(), None);
    let hands = house.store.queue().in_hand().await.unwrap();
    assert_eq!(hands, [InHand { hold, worker: Some(next), holder: Some("next".to_owned()) }]);
    let cut = house.at().checked_add(Duration::from_secs(1)).unwrap();
    assert_eq!(
        house.store.workers().forget_before(cut).await.unwrap(),
        1,
        "who has a run in hand is not forgotten"
    );
}

#[tokio::test]
async fn what_was_heard_is_recorded_once_however_often_it_is_told() {
    let house = house().await;
    let work = house.at_work(cents(1), &Limits::none()).await;
    let said = |range: std::ops::Range<u64>| -> Vec<NewRunEvent> {
        let event =
            |number: u64| NewRunEvent { at: house.at(), event: RunEvent::Text(number.to_string().into()) };
        range.map(event).collect()
    };
    let tell = |from, events| house.store.attempts().append_heard(work.run, work.attempt, from, events);
    assert_eq!(tell(0, said(0..3)).await.unwrap(), 3);
    assert_eq!(tell(0, said(0..3)).await.unwrap(), 3);
    assert_eq!(tell(2, said(2..5)).await.unwrap(), 5);
    assert_eq!(tell(7, said(7..8)).await.unwrap_err().problem().code, "bad_request", "a gap");
    let events = house.store.logs().events(work.run, 0, 100).await.unwrap();
    let text = |record: &RunEventRecord| match record.event() {
        RunEvent::Text(said) => Some(said.text),
        _ => None,
    };
    let told: Vec<_> = events.iter().filter_map(text).collect();
    assert_eq!(told, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn a_person_is_asked_with_the_evidence_and_the_run_goes_on_where_they_say_so() {
    let house = house().await;
    let me = offer(worker(&house.store, "bench").await, 1);
    let run = queued(&house, house.workspace, "shell", 0).await;
    claim(&house, &me, &caps()).await.unwrap();
    let handoff = NewHandoff {
        title: "Look at the till".to_owned(),
        body: "Three attempts failed.".to_owned(),
        evidence: json!({ "attempts": 1 }),
    };
    finish(&house, run, Then::Human(handoff)).await;
    let view = house.store.runs().get(run).await.unwrap();
    assert_eq!((view.run.state, view.task.state), (RunState::Waiting, TaskState::Blocked));
    assert_eq!(claim(&house, &me, &caps()).await, None);
    let asked = house.store.human_tasks().list(HumanTaskFilter::default()).await.unwrap().remove(0);
    assert_eq!((asked.run, asked.evidence["attempts"].as_i64()), (Some(run), Some(1)));
    let said = json!({ "action": "retry", "text": "mind the rounding" });
    let again = || Answered::Retry(Box::new(attempt(2, Micros::ZERO)));
    house.store.human_tasks().answer(asked.id, again(), said.clone(), "ann", &Limits::none()).await.unwrap();
    assert_eq!(claim(&house, &me, &caps()).await, Some(run));
    let twice = house.store.human_tasks().answer(asked.id, again(), said, "ann", &Limits::none()).await;
    assert_eq!(twice.unwrap_err().problem().code, "bad_request");
    let decisions = house.store.decisions().of_run(view.run.task).await.unwrap();
    let last = decisions.last().unwrap();
    assert_eq!((last.kind.as_str(), last.decided_by.as_str()), ("answer", "ann"));
    assert_eq!(last.reason, "mind the rounding");
}

#[tokio::test]
async fn calling_a_run_off_asks_nobody_any_more_and_leaves_peoples_own_tasks_alone() {
    let house = house().await;
    let me = offer(worker(&house.store, "bench").await, 1);
    let run = queued(&house, house.workspace, "shell", 0).await;
    claim(&house, &me, &caps()).await.unwrap();
    let evidence = json!(null);
    finish(&house, run, Then::Human(NewHandoff { title: "Look".into(), body: String::new(), evidence }))
        .await;
    let own = NewHumanTask {
        id: HumanTaskId::new(),
        kind: HumanTaskKind::Todo,
        workspace: None,
        task: None,
        run: Some(run),
        title: "Tell the customer".into(),
        body: String::new(),
        evidence: json!(null),
        priority: 0,
        due_at: None,
        created_by: "ann".into(),
        idempotency: None,
    };
    let own = house.store.human_tasks().add(own).await.unwrap().id;
    let limits = Limits::none();
    assert!(
        house.store.attempts().settle_waiting(run, vec![], RunState::Cancelled, "no", &limits).await.unwrap()
    );
    let open = HumanTaskFilter { state: Some(HumanTaskState::Open), ..HumanTaskFilter::default() };
    let left = house.store.human_tasks().list(open).await.unwrap();
    assert_eq!(left.iter().map(|task| task.id).collect::<Vec<_>>(), [own]);
}

#[tokio::test]
async fn rest_is_shared_and_never_cut_short() {
    let house = house().await;
    let rest = |seconds, why: &str| Cooldown {
        name: "claude".to_owned(),
        until: house.at().checked_add(Duration::from_secs(seconds)).unwrap(),
        why: why.to_owned(),
    };
    house.store.cooldowns().begin(rest(100, "five_hour")).await.unwrap();
    house.store.cooldowns().begin(rest(10, "a guess")).await.unwrap();
    let known = open(house.folder.path());
    assert_eq!(house.store.cooldowns().list().await.unwrap(), [rest(100, "five_hour")]);
    drop(known);
    house.clock.advance(Duration::from_secs(100));
    assert!(house.store.cooldowns().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_worker_elsewhere_was_given_is_marked_and_what_is_heard_late_is_charged_once() {
    let house = house().await;
    let workspace = place(&house.store, "site").await;
    let run = queued(&house, workspace, "shell", 0).await;
    let id = worker(&house.store, "bench").await;
    let there = Offer { elsewhere: true, ..offer(id, 2) };
    assert_eq!(claim(&house, &there, &caps()).await, Some(run));
    let handed = house.store.workers().assigned(id).await.unwrap();
    assert_eq!((handed.len(), handed[0].hold.run, handed[0].attempts.len()), (1, run, 1));
    let attempt = handed[0].attempts[0];
    let given = house.store.runs().attempt(attempt).await.unwrap();
    assert_eq!(given.identity, Some(json!({ "worker": id })), "it may have begun there from now on");
    finish(&house, run, Then::End(RunState::Failed)).await;
    assert_eq!(house.store.workers().assigned(id).await.unwrap(), []);

    let before = house.store.runs().attempt(attempt).await.unwrap().cost;
    let total = before + Micros::dollars(1);
    let (usage, none) = (Usage::default(), Limits::none());
    let late = || house.store.workers().charge_late(attempt, total, &usage, CostSource::Agent, None, &none);
    assert_eq!(late().await.unwrap(), Micros::dollars(1));
    assert_eq!(late().await.unwrap(), Micros::ZERO, "said again, it changes nothing");
    assert_eq!(house.store.runs().attempt(attempt).await.unwrap().cost, total);
}
