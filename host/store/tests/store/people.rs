//! Human tasks, decisions and checkpoints.

use crate::support::*;
use jackfield_model::HostEvent;
use jackfield_store::*;
use jackfield_types::*;
use serde_json::{Value, json};

fn todo(workspace: Option<WorkspaceId>, title: &str) -> NewHumanTask {
    NewHumanTask {
        id: HumanTaskId::new(),
        kind: HumanTaskKind::Todo,
        workspace,
        task: None,
        run: None,
        title: title.to_owned(),
        body: "It is in the drawer.".to_owned(),
        evidence: Value::Null,
        priority: 0,
        due_at: None,
        created_by: "tester".to_owned(),
        idempotency: None,
    }
}

async fn kinds(house: &House) -> Vec<String> {
    house.store.host_log().list(0, 100).await.unwrap().into_iter().map(|event| event.kind).collect()
}

fn state(state: HumanTaskState) -> HumanTaskChange {
    HumanTaskChange { state: Some(state), ..HumanTaskChange::default() }
}

#[tokio::test]
async fn what_is_handed_in_twice_under_one_key_of_its_author_is_one() {
    let house = house().await;
    let keyed = |by: &str, digest: &str| NewHumanTask {
        created_by: by.to_owned(),
        idempotency: Some(Idempotency { key: "the-lease".into(), digest: digest.into() }),
        ..todo(None, "Sign the lease")
    };
    let made = house.store.human_tasks().add(keyed("ann", "a")).await.unwrap();
    house.pass(1);
    assert_eq!(house.store.human_tasks().add(keyed("ann", "a")).await.unwrap(), made);
    assert_ne!(
        house.store.human_tasks().add(keyed("bob", "a")).await.unwrap().id,
        made.id,
        "keys are one's own"
    );
    let other = house.store.human_tasks().add(keyed("ann", "b")).await.unwrap_err();
    assert_eq!(other.problem().code, "idempotency_conflict");
    assert!(other.to_string().contains(&made.id.to_string()), "{other}");
    assert_eq!(kinds(&house).await, ["human_task_created"; 2]);
    house.store.human_tasks().delete(made.id, "ann").await.unwrap();
    assert_ne!(
        house.store.human_tasks().add(keyed("ann", "a")).await.unwrap().id,
        made.id,
        "the key is free again"
    );
}

#[tokio::test]
async fn a_to_do_is_made_changed_done_reopened_and_deleted_and_the_log_tells_of_each() {
    let house = house().await;
    let made = house.store.human_tasks().add(todo(Some(house.workspace), "Sign the lease")).await.unwrap();
    assert_eq!((made.state, made.workspace_name.as_deref()), (HumanTaskState::Open, Some("shop")));
    house.pass(1);
    let change = HumanTaskChange {
        title: Some("Sign the new lease".to_owned()),
        due_at: Some(Some(house.at())),
        ..HumanTaskChange::default()
    };
    let changed = house.store.human_tasks().change(made.id, change, "ann").await.unwrap();
    assert_eq!((changed.title.as_str(), changed.body), ("Sign the new lease", made.body));
    assert_eq!((changed.due_at, changed.updated_at, changed.closed_at), (Some(house.at()), house.at(), None));

    let done = HumanTaskChange { answer: Some(json!({ "text": "signed" })), ..state(HumanTaskState::Done) };
    let done = house.store.human_tasks().change(made.id, done, "bob").await.unwrap();
    assert_eq!((done.state, done.closed_at), (HumanTaskState::Done, Some(house.at())));
    assert_eq!((done.answer, done.answered_by.as_deref()), (Some(json!({ "text": "signed" })), Some("bob")));

    let open = house.store.human_tasks().change(made.id, state(HumanTaskState::Open), "ann").await.unwrap();
    assert_eq!((open.closed_at, open.answer, open.answered_by), (None, None, None));

    let gone = house.store.human_tasks().delete(made.id, "ann").await.unwrap();
    assert_eq!(gone.id, made.id);
    let missing = house.store.human_tasks().get(made.id).await.unwrap_err();
    assert_eq!(missing.problem().code, "human_task_not_found");
    let expected =
        ["created", "changed", "done", "reopened", "deleted"].map(|what| format!("human_task_{what}"));
    assert_eq!(kinds(&house).await, expected);
    let deleted = house.store.host_log().list(4, 1).await.unwrap().remove(0);
    let HostEvent::HumanTaskDeleted(deleted) = deleted.event() else { panic!("{deleted:?}") };
    assert_eq!(deleted.was.title, "Sign the new lease", "what was deleted can be read there");
}

#[tokio::test]
async fn a_handoff_can_be_moved_in_the_list_but_neither_reworded_nor_closed_nor_deleted() {
    let house = house().await;
    let work = house.at_work(CENT, &Limits::none()).await;
    let handoff = NewHumanTask {
        kind: HumanTaskKind::Handoff,
        task: Some(work.task),
        run: Some(work.run),
        evidence: json!({ "failed": ["test_fail"] }),
        ..todo(None, "Two attempts failed")
    };
    let made = house.store.human_tasks().add(handoff).await.unwrap();
    let urgent = HumanTaskChange { priority: Some(5), ..HumanTaskChange::default() };
    let moved = house.store.human_tasks().change(made.id, urgent, "ann").await.unwrap();
    assert_eq!((moved.priority, moved.evidence), (5, json!({ "failed": ["test_fail"] })));
    for change in [
        state(HumanTaskState::Done),
        HumanTaskChange { title: Some("Nothing to see".to_owned()), ..HumanTaskChange::default() },
        HumanTaskChange { answer: Some(json!("fine")), ..HumanTaskChange::default() },
    ] {
        let refused = house.store.human_tasks().change(made.id, change, "ann").await.unwrap_err();
        assert_eq!(refused.problem().code, "illegal_transition");
    }
    assert!(house.store.human_tasks().delete(made.id, "ann").await.is_err());
    assert_eq!(house.store.human_tasks().get(made.id).await.unwrap().state, HumanTaskState::Open);
    assert_eq!(
        kinds(&house).await,
        ["human_task_created", "human_task_changed"],
        "a refusal changes nothing"
    );
}

#[tokio::test]
async fn a_person_sees_what_is_open_and_pressing_first() {
    let house = house().await;
    let mut made = Vec::new();
    for (title, priority) in [("old", 0), ("pressing", 7), ("new", 0)] {
        let new = NewHumanTask { priority, ..todo(Some(house.workspace), title) };
        made.push(house.store.human_tasks().add(new).await.unwrap().id);
    }
    house.store.human_tasks().add(todo(None, "elsewhere")).await.unwrap();
    house.store.human_tasks().change(made[1], state(HumanTaskState::Done), "ann").await.unwrap();
    let listed = async |filter| {
        let tasks = house.store.human_tasks().list(filter).await.unwrap();
        tasks.into_iter().map(|task| task.title).collect::<Vec<_>>()
    };
    let filter = HumanTaskFilter { workspace: Some(house.workspace), ..HumanTaskFilter::default() };
    assert_eq!(listed(filter.clone()).await, ["new", "old", "pressing"]);
    let open = HumanTaskFilter { state: Some(HumanTaskState::Open), ..HumanTaskFilter::default() };
    assert_eq!(listed(open.clone()).await, ["elsewhere", "new", "old"]);
    assert_eq!(listed(HumanTaskFilter { limit: 1, skip: 1, ..open }).await, ["new"]);
    let handoffs = HumanTaskFilter { kind: Some(HumanTaskKind::Handoff), ..HumanTaskFilter::default() };
    assert!(listed(handoffs).await.is_empty());
    let prefix = made[0].to_string().to_lowercase();
    assert_eq!(house.store.human_tasks().find(&prefix, None).await.unwrap(), made[0]);
    assert_eq!(
        house.store.human_tasks().find("7ZZZZZZZ", None).await.unwrap_err().problem().code,
        "human_task_not_found"
    );
}

#[tokio::test]
async fn decisions_are_kept_in_order_and_cannot_be_changed() {
    let house = house().await;
    let work = house.at_work(CENT, &Limits::none()).await;
    let decision = |kind: &str, reason: &str| NewDecision {
        task: work.task,
        run: Some(work.run),
        attempt: Some(work.attempt),
        kind: kind.to_owned(),
        decided_by: "ann".to_owned(),
        reason: reason.to_owned(),
        details: json!({ "n": 1 }),
    };
    let first = house.store.decisions().record(decision("handoff", "nobody stronger")).await.unwrap();
    let second = house.store.decisions().record(decision("answer", "try again")).await.unwrap();
    assert!(second > first);
    let decided = house.store.decisions().of_run(work.task).await.unwrap();
    assert_eq!(decided.iter().map(|one| one.kind.as_str()).collect::<Vec<_>>(), ["handoff", "answer"]);
    assert_eq!((decided[0].attempt, &decided[0].details), (Some(work.attempt), &json!({ "n": 1 })));
    assert_eq!(kinds(&house).await, ["decision_made", "decision_made"]);
    let raw = rusqlite::Connection::open(house.store.file()).unwrap();
    let changed = raw.execute("UPDATE decisions SET reason = 'no'", []).unwrap_err();
    assert!(changed.to_string().contains("append-only"), "{changed}");
}

#[tokio::test]
async fn checkpoints_are_numbered_without_a_gap_however_many_write_at_once() {
    let house = house().await;
    let work = house.at_work(CENT, &Limits::none()).await;
    let writes = (0..20).map(|number| {
        let store = house.store.clone();
        let checkpoint = NewCheckpoint {
            task: work.task,
            principal: "ann".to_owned(),
            kind: if number % 2 == 0 { "spec" } else { "write" }.to_owned(),
            label: format!("change {number}"),
            content: json!({ "number": number }),
        };
        tokio::spawn(async move { store.checkpoints().add(checkpoint).await.unwrap().version })
    });
    let mut versions = Vec::new();
    for write in writes {
        versions.push(write.await.unwrap());
    }
    versions.sort_unstable();
    assert_eq!(versions, (1..=20).collect::<Vec<_>>());
    let all = house.store.checkpoints().list(work.task).await.unwrap();
    assert_eq!(all.iter().map(|one| one.version).collect::<Vec<_>>(), versions);
    let latest = house.store.tasks().latest_spec(work.task).await.unwrap().unwrap();
    assert_eq!(
        Some(latest.version),
        all.iter().filter(|one| one.kind == "spec").map(|one| one.version).max()
    );
    assert_eq!(house.store.checkpoints().get(work.task, 3).await.unwrap(), all[2]);
    let missing = house.store.checkpoints().get(work.task, 21).await.unwrap_err();
    assert_eq!(missing.problem().code, "checkpoint_not_found");
    let nowhere = NewCheckpoint {
        task: TaskId::new(),
        principal: "ann".to_owned(),
        kind: "spec".to_owned(),
        label: String::new(),
        content: Value::Null,
    };
    assert_eq!(house.store.checkpoints().add(nowhere).await.unwrap_err().problem().code, "task_not_found");
}
