//! Files of earlier versions, opened by this one.

use crate::support::*;
use jackfield_store::*;
use jackfield_types::*;
use rusqlite::{Connection, params};
use serde_json::json;
use std::path::Path;

/// The schema before tasks had a stage.
const BEFORE_STAGES: [&str; 7] = [
    include_str!("../../migrations/0001-records.sql"),
    include_str!("../../migrations/0002-queue.sql"),
    include_str!("../../migrations/0003-access.sql"),
    include_str!("../../migrations/0004-webhooks.sql"),
    include_str!("../../migrations/0005-keys-and-looks.sql"),
    include_str!("../../migrations/0006-bounds.sql"),
    include_str!("../../migrations/0010-places-and-workers.sql"),
];

const MADE: &str = "2026-11-20T10:00:00.000000Z";

/// A file as a version before stages left it.
fn file_before_stages(folder: &Path) -> Connection {
    let conn = Connection::open(folder.join("jackfield.db")).unwrap();
    for migration in BEFORE_STAGES {
        conn.execute_batch(migration).unwrap();
    }
    conn.pragma_update(None, "application_id", 0x4A41_434B).unwrap();
    conn.pragma_update(None, "user_version", BEFORE_STAGES.len() as i64).unwrap();
    let workspace = "INSERT INTO workspaces (id, name, path, kind, created_at) VALUES (?1, 'shop', '/srv/shop', 'git', ?2)";
    conn.execute(workspace, params![WorkspaceId::new().to_string(), MADE]).unwrap();
    conn
}

/// A task with one run in an old file.
fn old_task(conn: &Connection, task_state: &str, workflow: &str, run_state: &str) -> (TaskId, RunId) {
    let (task, run) = (TaskId::new(), RunId::new());
    conn.execute(
        "INSERT INTO tasks (id, workspace, principal, title, instruction, task_type, complexity, stack, role,
                            expect_change, state, created_at, updated_at)
         SELECT ?1, id, 'tester', 'Mend the till', 'Mend it.', 'bugfix', 3, '[]', 'implement', 1, ?2, ?3, ?3
         FROM workspaces",
        params![task.to_string(), task_state, MADE],
    )
    .unwrap();
    conn.execute(
        "INSERT INTO runs (id, task, workspace, workflow, stage, priority, request, state, created_at)
         SELECT ?1, ?2, id, ?3, 'impl', 0, '{}', ?4, ?5 FROM workspaces",
        params![run.to_string(), task.to_string(), workflow, run_state, MADE],
    )
    .unwrap();
    (task, run)
}

#[tokio::test]
async fn tasks_of_an_old_file_are_in_the_stage_of_direct_and_their_runs_end_them() {
    let folder = tempfile::tempdir().unwrap();
    let conn = file_before_stages(folder.path());
    let (done, _) = old_task(&conn, "done", "direct", "succeeded");
    let (recorded, recording) = old_task(&conn, "in_progress", "external", "succeeded");
    let (active, run) = old_task(&conn, "in_progress", "direct", "running");
    drop(conn);

    let store = open(folder.path());
    let direct = Workflow::direct().first();
    for (task, state) in
        [(done, TaskState::Done), (recorded, TaskState::InProgress), (active, TaskState::InProgress)]
    {
        let found = store.runs().task(task).await.unwrap();
        assert_eq!((found.workflow, found.stage), (direct.workflow.clone(), direct.stage.clone()));
        assert_eq!(found.state, state);
    }
    assert_eq!(store.runs().get(run).await.unwrap().run.position(), direct);
    let recording = store.runs().get(recording).await.unwrap().run;
    assert_eq!(recording.workflow, WorkflowName::EXTERNAL);
    store.attempts().run_ended(run, RunState::Failed, "the old host is gone").await.unwrap();
    assert_eq!(store.runs().task(active).await.unwrap().state, TaskState::Failed);
    // What ended before the migration is run again as before.
    let again = crate::support::run();
    let id = again.id;
    let limits = Limits::none();
    store
        .admissions()
        .admit_run(done, crate::support::run_of(direct, again, attempt(1, CENT)), &limits)
        .await
        .unwrap();
    store.attempts().run_started(id).await.unwrap();
    assert_eq!(store.runs().task(done).await.unwrap().state, TaskState::InProgress);
    assert_eq!(store.ledger().audit().await.unwrap().differences, Vec::<String>::new());
}

#[tokio::test]
async fn texts_of_an_old_file_are_read_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let conn = file_before_stages(folder.path());
    let (task, run) = old_task(&conn, "in_progress", "direct", "running");
    let (attempt, digest) = (AttemptId::new(), adapter().digest.to_string());
    let plugin =
        "INSERT INTO plugins (digest, kind, name, version, state, reason, details, first_seen_at, changed_at)
                  VALUES (?1, 'executor', 'shell', '1.2.3', 'serving', '', 'null', ?2, ?2)";
    conn.execute(plugin, params![digest, MADE]).unwrap();
    let of_run = "INSERT INTO attempts (id, task, run, workspace, number, executor, adapter, reason, account, host, state,
                                        reserve, identity, worktree, created_at)
                  SELECT ?1, ?2, ?3, id, 1, 'shell', ?4, 'asked for', 'billed', 'host-1', 'running', 0,
                         '{\"pid\":4711}', '{\"path\":\"/srv/ä\"}', ?5 FROM workspaces";
    conn.execute(of_run, params![attempt.to_string(), task.to_string(), run.to_string(), digest, MADE])
        .unwrap();
    let call = "INSERT INTO plugin_calls (at, task, plugin, function, facts, answer, micros, seed)
                VALUES (?1, ?2, ?3, 'plan', '{\"instruction\":\"größer\"}', '[1]', 7, '42')";
    conn.execute(call, params![MADE, task.to_string(), digest]).unwrap();
    drop(conn);

    let store = open(folder.path());
    let found = store.runs().attempt(attempt).await.unwrap();
    assert_eq!(found.identity, Some(json!({ "pid": 4711 })));
    assert_eq!(found.worktree.as_deref(), Some("{\"path\":\"/srv/ä\"}"));
    let calls = store.decisions().of_task(task).await.unwrap();
    assert_eq!((&calls[0].facts, &calls[0].answer), (&json!({ "instruction": "größer" }), &json!([1])));
    assert_eq!((calls[0].seed, calls[0].notes.len()), (Some(42), 0));
}

#[tokio::test]
async fn spending_of_an_old_file_is_added_up_by_day() {
    let house = house().await;
    for cost in [3, 4] {
        let work = house.at_work(cents(10), &Limits::none()).await;
        house.store.attempts().settle(settlement(work.attempt, cents(cost)), &Limits::none()).await.unwrap();
    }
    let spent = house.store.spending().days(1).await.unwrap();
    assert_eq!(spent.iter().map(|day| day.cost).sum::<Micros>(), cents(7));
    let file = house.store.file().to_owned();
    let House { folder, store, clock, .. } = house;
    drop(store);
    let conn = Connection::open(file).unwrap();
    // The migrations but the last two, as the version before it left the file.
    conn.execute_batch("DROP TABLE spending_days; DROP TABLE provider_limits; DROP TABLE card_steps; DROP TABLE card_metrics; DROP TABLE card_transitions; DROP TABLE card_dependencies; DROP TABLE cards; DROP TABLE stage_recipes; DROP TABLE skills; DROP INDEX human_tasks_of_task; DROP TABLE board_settings; PRAGMA user_version = 12;")
        .unwrap();
    drop(conn);
    let store = Store::open(folder.path(), std::sync::Arc::new(clock), StoreOptions::default()).unwrap();
    assert_eq!(store.spending().days(1).await.unwrap(), spent);
    assert_eq!(store.ledger().audit().await.unwrap().differences, Vec::<String>::new());
}
