//! The file and its folder: whose they are, and which files are taken for ours.

use crate::support::*;
use jackfield_model::{HostEvent, NoDetails};
use jackfield_sqlite::Sqlite;
use jackfield_store::*;
use jackfield_types::*;
use rusqlite::Connection;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn try_open(folder: &Path) -> Result<Store, StoreError> {
    Store::open(folder, Arc::new(SystemClock), StoreOptions::default())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_new_folder_and_everything_in_it_is_the_owners_alone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("deep/data");
    let store = open(&folder);
    workspace(&store).await;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 2, "the database and its log: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn an_open_folder_is_narrowed_and_one_that_many_share_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o775)).unwrap();
    open(folder.path());
    assert_eq!(mode(folder.path()), 0o700);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
    assert_eq!(try_open(folder.path()).unwrap_err().problem().code, "data_folder");
}

#[tokio::test]
async fn what_was_recorded_is_there_when_the_store_is_opened_again() {
    let house = house().await;
    let work = house.at_work(cents(5), &Limits::none()).await;
    let before = house.store.runs().get(work.run).await.unwrap();
    let file = house.store.file().to_owned();
    drop(house.store);
    assert_eq!(open(file.parent().unwrap()).runs().get(work.run).await.unwrap(), before);
}

#[tokio::test]
async fn store_over_a_backend_records_what_the_folder_then_has() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Sqlite::open(folder.path(), Duration::from_secs(5)).unwrap();
    let store =
        Store::with_backend(Box::new(backend), Arc::new(SystemClock), StoreOptions::default()).unwrap();
    let made = workspace(&store).await;
    drop(store);
    assert!(open(folder.path()).workspaces().get(made).await.is_ok());
}

#[tokio::test]
async fn a_file_from_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = open(folder.path()).file().to_owned();
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 999).unwrap();
    let problem = try_open(folder.path()).unwrap_err().problem();
    assert_eq!(problem.code, "newer_records");
    assert!(problem.message.contains("version 999"), "{}", problem.message);
    assert!(problem.remedy.contains("another data folder"), "{}", problem.remedy);
}

#[tokio::test]
async fn what_is_not_ours_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jackfield.db");
    fs::write(&file, "notes to myself, which are no database at all; ".repeat(100)).unwrap();
    let before = fs::read(&file).unwrap();
    assert_eq!(try_open(folder.path()).unwrap_err().problem().code, "foreign_database");
    assert_eq!(fs::read(&file).unwrap(), before);
    fs::remove_file(&file).unwrap();
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE recipes (id TEXT)").unwrap();
    assert_eq!(try_open(folder.path()).unwrap_err().problem().code, "foreign_database");
}

#[tokio::test]
async fn every_table_that_is_promised_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = open(folder.path()).file().to_owned();
    let conn = Connection::open(&file).unwrap();
    for table in [
        "workspaces",
        "tasks",
        "runs",
        "attempts",
        "run_events",
        "artifacts",
        "ledger",
        "breaker",
        "model_stats",
        "transcripts",
        "plugins",
        "plugin_calls",
        "events",
    ] {
        let sql = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        let found: i64 = conn.query_row(sql, [table], |row| row.get(0)).unwrap();
        assert_eq!(found, 1, "{table}");
    }
}

#[tokio::test]
async fn the_ledger_and_the_event_log_cannot_be_rewritten() {
    let house = house().await;
    house.at_work(cents(5), &Limits::none()).await;
    house.store.host_log().record("host", HostEvent::PluginRevoked(NoDetails {})).await.unwrap();
    let conn = Connection::open(house.store.file()).unwrap();
    for sql in [
        "UPDATE ledger SET spent_delta = 0",
        "DELETE FROM ledger",
        "UPDATE events SET payload = ''",
        "DELETE FROM events",
    ] {
        let error = conn.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn an_audit_finds_a_sum_that_somebody_changed() {
    let house = house().await;
    let work = house.at_work(cents(5), &Limits::none()).await;
    house.assert_sums_are_proved().await;
    let conn = Connection::open(house.store.file()).unwrap();
    conn.execute("UPDATE breaker SET spent_billed = 1 WHERE scope = 'all' AND period = 'ever'", []).unwrap();
    conn.execute("UPDATE attempts SET cost = 2 WHERE id = ?1", [work.attempt.to_string()]).unwrap();
    let differences = house.store.ledger().audit().await.unwrap().differences;
    assert_eq!(differences.len(), 2, "{differences:?}");
    assert!(differences[0].starts_with("all ever:"), "{differences:?}");
}

#[tokio::test]
async fn a_backup_is_a_store_of_its_own() {
    let house = house().await;
    let work = house.at_work(cents(5), &Limits::none()).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("jackfield.db");
    let made = house.store.backup(&copy).await.unwrap();
    assert_eq!((mode(&copy), made.bytes), (0o600, fs::metadata(&copy).unwrap().len()));
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1, "one file, and nothing beside it");
    house.store.attempts().settle(settlement(work.attempt, cents(1)), &Limits::none()).await.unwrap();
    let restored = open(elsewhere.path());
    assert_eq!(restored.runs().get(work.run).await.unwrap().run.state, RunState::Running);
    assert_eq!(restored.ledger().audit().await.unwrap().differences, Vec::<String>::new());
    let again = house.store.backup(&copy).await.unwrap_err();
    assert_eq!(again.problem().code, "backup_exists", "a backup is never overwritten");
}

#[tokio::test]
async fn a_backup_that_cannot_be_made_leaves_nothing_behind() {
    let house = house().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let nowhere = house.store.backup(&elsewhere.path().join("no/such/folder.db")).await.unwrap_err();
    assert_eq!(nowhere.problem().code, "backup_failed");
    std::os::unix::fs::symlink("nowhere", elsewhere.path().join("link")).unwrap();
    let link = house.store.backup(&elsewhere.path().join("link")).await.unwrap_err();
    assert_eq!(link.problem().code, "backup_exists", "not even through a link");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_backup_of_damaged_records_is_refused() {
    let house = house().await;
    house.at_work(cents(5), &Limits::none()).await;
    let conn = Connection::open(house.store.file()).unwrap();
    // An index that does not know its rows, as a torn page leaves one.
    conn.pragma_update(None, "writable_schema", true).unwrap();
    conn.execute(
        "UPDATE sqlite_schema SET sql = replace(sql, '(id)', '(task)') WHERE name = 'attempts_in_flight'",
        [],
    )
    .unwrap();
    drop(conn);
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = house.store.backup(&elsewhere.path().join("copy.db")).await.unwrap_err();
    assert_eq!(refused.problem().code, "backup_failed");
    assert!(refused.to_string().contains("attempts_in_flight"), "{refused}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_backup_stands_at_one_moment_while_work_goes_on() {
    let house = house().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("jackfield.db");
    let working = async {
        for _ in 0..40 {
            let work = house.at_work(cents(5), &Limits::none()).await;
            house.store.attempts().settle(settlement(work.attempt, cents(1)), &Limits::none()).await.unwrap();
        }
    };
    let (made, ()) = tokio::join!(house.store.backup(&copy), working);
    made.unwrap();
    let restored = open(elsewhere.path());
    assert_eq!(restored.ledger().audit().await.unwrap().differences, Vec::<String>::new());
    assert!(house.store.stats().totals().await.unwrap().succeeded == 40);
}

#[tokio::test]
async fn a_time_zone_that_does_not_exist_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { time_zone: "Mars/Olympus".to_owned(), ..StoreOptions::default() };
    let error = Store::open(folder.path(), Arc::new(SystemClock), options).unwrap_err();
    assert_eq!(error.problem().code, "unknown_time_zone");
}
