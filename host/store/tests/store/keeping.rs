//! What is old goes in small steps, and everything that money or people rely on stays.

use crate::support::*;
use jackfield_model::{HostEvent, NoDetails, RunEvent};
use jackfield_store::*;
use jackfield_types::*;
use rusqlite::Connection;
use serde_json::json;

/// Events that a talkative run has beside the seven of any run.
const SAID: u64 = 1_200;

impl House {
    async fn said(&self, work: &AtWork, count: u64) {
        let said = |number| NewRunEvent {
            at: self.at(),
            event: RunEvent::Text(format!("{number} {}", "so ".repeat(400)).into()),
        };
        let events = (0..count).map(said).collect();
        self.store.attempts().append_events(work.run, Some(work.attempt), events).await.unwrap();
    }

    /// A run that ended now, with events and a decision of its own.
    async fn ended(&self, said: u64) -> AtWork {
        let work = self.at_work(cents(5), &Limits::none()).await;
        self.said(&work, said).await;
        let decision =
            NewPluginCall { run: Some(work.run), ..call(Some(work.task), json!({ "about": "it" })) };
        self.store.decisions().record_calls(vec![decision]).await.unwrap();
        self.store.attempts().settle(settlement(work.attempt, cents(1)), &Limits::none()).await.unwrap();
        work
    }

    /// Everything that was ended before a time, step by step; the rows of each step.
    async fn trim_events(&self, before: Timestamp) -> Vec<u64> {
        let mut steps = Vec::new();
        loop {
            let step = self.store.retention().trim_events(before).await.unwrap();
            steps.push(step.rows);
            if !step.more {
                return steps;
            }
        }
    }

    async fn trim_calls(&self, before: Timestamp) -> u64 {
        let mut rows = 0;
        loop {
            let step = self.store.retention().trim_calls(before).await.unwrap();
            rows += step.rows;
            if !step.more {
                return rows;
            }
        }
    }

    fn days_ago(&self, days: i64) -> Timestamp {
        self.at().checked_sub(std::time::Duration::from_secs(days.unsigned_abs() * 86_400)).unwrap()
    }

    fn rows(&self, table: &str) -> i64 {
        let conn = Connection::open(self.store.file()).unwrap();
        conn.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }
}

#[tokio::test]
async fn events_of_runs_that_ended_long_ago_go_in_steps_and_all_others_stay() {
    let house = house().await;
    let old = house.ended(SAID).await;
    let going_on = house.at_work(cents(5), &Limits::none()).await;
    house.said(&going_on, 3).await;
    house.pass(24 * 100);
    let young = house.ended(3).await;
    let before = house.store.logs().events(young.run, 0, 5_000).await.unwrap();
    let at_work = house.store.logs().events(going_on.run, 0, 5_000).await.unwrap();

    let overdue = house.store.retention().overdue(house.days_ago(90), house.days_ago(90)).await.unwrap();
    assert_eq!((overdue.events, overdue.calls), (SAID + 6, 1));
    let steps = house.trim_events(house.days_ago(90)).await;
    assert_eq!(steps.iter().sum::<u64>(), SAID + 6);
    assert!(steps.len() > 3 && steps.iter().all(|rows| *rows <= 500), "{steps:?}");
    assert_eq!(house.store.logs().events(old.run, 0, 5_000).await.unwrap(), []);
    assert_eq!(house.store.logs().events(young.run, 0, 5_000).await.unwrap(), before);
    assert_eq!(house.store.logs().events(going_on.run, 0, 5_000).await.unwrap(), at_work);
    assert_eq!(
        house.store.retention().overdue(house.days_ago(90), house.days_ago(90)).await.unwrap().events,
        0
    );
}

#[tokio::test]
async fn many_small_runs_share_a_step() {
    let house = house().await;
    for _ in 0..20 {
        house.ended(0).await;
    }
    house.pass(24 * 100);
    assert_eq!(house.trim_events(house.days_ago(90)).await, [120, 0]);
}

#[tokio::test]
async fn a_page_of_events_says_which_ones_are_no_longer_kept() {
    let house = house().await;
    let work = house.ended(SAID).await;
    let last = SAID + 6;
    let page = async |after| house.store.logs().events_kept(work.run, after, 10).await.unwrap();
    let whole = page(0).await;
    assert_eq!((whole.events.len(), whole.gone_to), (10, None));
    assert_eq!(page(last).await, EventPage { events: vec![], gone_to: None }, "its end");

    house.pass(24 * 100);
    assert_eq!(house.store.retention().trim_events(house.days_ago(90)).await.unwrap().rows, 500);
    let begun = page(0).await;
    assert_eq!((begun.events[0].seq, begun.gone_to), (501, Some(500)));
    assert_eq!(page(200).await.gone_to, Some(500));
    assert_eq!(page(500).await.gone_to, None, "whoever has them misses nothing");
    house.trim_events(house.days_ago(90)).await;
    assert_eq!(page(0).await, EventPage { events: vec![], gone_to: Some(last) });
    assert_eq!(page(last).await, EventPage { events: vec![], gone_to: None });
    let unknown = house.store.logs().events_kept(RunId::new(), 0, 10).await.unwrap_err();
    assert_eq!(unknown.problem().code, "run_not_found");
}

#[tokio::test]
async fn decisions_go_when_they_and_their_run_are_old() {
    let house = house().await;
    let old = house.ended(0).await;
    let going_on = house.at_work(cents(5), &Limits::none()).await;
    let of_the_one_at_work = NewPluginCall { run: Some(going_on.run), ..call(None, json!(1)) };
    let of_nothing = call(None, json!(2));
    house.store.decisions().record_calls(vec![of_the_one_at_work, of_nothing]).await.unwrap();
    house.pass(24 * 100);
    // Somebody looked at the old run again.
    let again = NewPluginCall { run: Some(old.run), ..call(Some(old.task), json!(3)) };
    house.store.decisions().record_calls(vec![again]).await.unwrap();
    let young = house.ended(0).await;
    assert_eq!(house.rows("plugin_calls"), 5);

    assert_eq!(
        house.store.retention().overdue(house.days_ago(90), house.days_ago(90)).await.unwrap().calls,
        2
    );
    assert_eq!(house.trim_calls(house.days_ago(90)).await, 2);
    assert_eq!(house.rows("plugin_calls"), 3);
    let left = house.store.decisions().of_task(old.task).await.unwrap();
    assert_eq!(left.iter().map(|call| call.facts.clone()).collect::<Vec<_>>(), [json!(3)]);
    assert_eq!(house.store.decisions().of_task(young.task).await.unwrap().len(), 1);
}

#[tokio::test]
async fn decisions_behind_many_that_stay_are_found_and_go_in_steps() {
    let house = house().await;
    let going_on = house.at_work(cents(5), &Limits::none()).await;
    let stays = NewPluginCall { run: Some(going_on.run), ..call(None, json!(1)) };
    house.store.decisions().record_calls(vec![stays; 2_500]).await.unwrap();
    house.store.decisions().record_calls(vec![call(None, json!(2)); 1_100]).await.unwrap();
    house.pass(24 * 100);
    let first = house.store.retention().trim_calls(house.days_ago(90)).await.unwrap();
    assert!(first.more && (1..=500).contains(&first.rows), "{first:?}");
    assert_eq!(first.rows + house.trim_calls(house.days_ago(90)).await, 1_100);
    assert_eq!(house.rows("plugin_calls"), 2_500);
}

#[tokio::test]
async fn whatever_is_trimmed_the_records_of_work_and_money_are_as_they_were() {
    let house = house().await;
    let work = house.ended(30).await;
    house.store.host_log().record("host", HostEvent::PluginRevoked(NoDetails {})).await.unwrap();
    let view = house.store.runs().get(work.run).await.unwrap();
    let ledger = house.ledger_of(work.attempt).await;
    let tables = ["tasks", "runs", "attempts", "artifacts", "transcripts", "ledger", "events", "model_stats"];
    let before = tables.map(|table| house.rows(table));
    house.pass(24 * 1_000);
    house.trim_events(house.days_ago(90)).await;
    house.trim_calls(house.days_ago(90)).await;
    house.store.retention().give_back().await.unwrap();
    house.store.retention().vacuum().await.unwrap();

    assert_eq!((house.rows("run_events"), house.rows("plugin_calls")), (0, 0));
    assert_eq!(house.store.runs().get(work.run).await.unwrap(), view);
    assert_eq!(house.ledger_of(work.attempt).await, ledger);
    assert_eq!(tables.map(|table| house.rows(table)), before);
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn what_was_trimmed_is_given_back_to_the_disk_but_for_a_reserve() {
    let house = house().await;
    house.ended(12_000).await;
    house.pass(24 * 100);
    let nothing = house.store.retention().give_back().await.unwrap();
    assert_eq!(nothing.before, nothing.now, "nothing is free yet");
    house.trim_events(house.days_ago(90)).await;
    let given = house.store.retention().give_back().await.unwrap();
    assert!(given.before > 12 << 20 && given.now < 8 << 20, "{given:?}");
    assert!(given.now > 4 << 20, "a reserve for what comes next: {given:?}");
    let log = house.folder.path().join("jackfield.db-wal");
    assert_eq!(std::fs::metadata(log).unwrap().len(), 0, "nobody was using the log");
    assert_eq!(std::fs::metadata(house.store.file()).unwrap().len(), given.now);
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn an_older_file_gives_back_from_its_first_vacuum_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jackfield.db");
    let conn = Connection::open(&file).unwrap();
    // As every file was made before: with its log turned on first.
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
    drop(conn);
    let store = open(folder.path());
    let mode = || -> i64 {
        Connection::open(&file)
            .unwrap()
            .query_row("SELECT auto_vacuum FROM pragma_auto_vacuum", [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!(mode(), 0);
    workspace(&store).await;
    let kept = store.retention().give_back().await.unwrap();
    assert_eq!(kept.before, kept.now);
    store.retention().vacuum().await.unwrap();
    assert_eq!(mode(), 2);
    assert_eq!(store.workspaces().list().await.unwrap().len(), 1);
    let new = tempfile::tempdir().unwrap();
    drop(open(new.path()));
    let conn = Connection::open(new.path().join("jackfield.db")).unwrap();
    let mode: i64 =
        conn.query_row("SELECT auto_vacuum FROM pragma_auto_vacuum", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, 2, "a new one from the beginning");
}

#[tokio::test]
async fn writes_go_on_between_the_steps_of_trimming() {
    let house = house().await;
    house.ended(6_000).await;
    house.pass(24 * 100);
    let work = house.at_work(cents(5), &Limits::none()).await;
    let before = house.days_ago(90);
    let trimming = async { house.trim_events(before).await.len() };
    let writing = async {
        for _ in 0..3 {
            house.said(&work, 1).await;
        }
        house.rows("run_events")
    };
    let (steps, there) = tokio::join!(trimming, writing);
    assert!(steps > 10);
    assert!(there > 1_000, "three writes were answered while most of it was still there: {there}");
    assert_eq!(house.store.logs().events(work.run, 0, 100).await.unwrap().len(), 7);
}

#[tokio::test]
async fn standings_tell_what_is_on_record_and_whether_it_is_over() {
    let house = house().await;
    let going_on = house.at_work(cents(5), &Limits::none()).await;
    house.pass(1);
    let ended = house.ended(0).await;
    let runs: Vec<_> = [going_on.run, ended.run, RunId::new()].into();
    let known = house.store.retention().run_standings(&runs).await.unwrap();
    assert_eq!(known.len(), 2);
    assert_eq!(known[&going_on.run].ended_at, None);
    assert_eq!(known[&ended.run].ended_at, Some(house.at()));
    // More than are looked up at once.
    let mut attempts: Vec<_> = (0..1_200).map(|_| AttemptId::new()).collect();
    attempts.extend([going_on.attempt, ended.attempt]);
    let known = house.store.retention().attempt_standings(&attempts).await.unwrap();
    assert_eq!(known.len(), 2);
    let standing = known[&ended.attempt];
    assert_eq!((standing.run, standing.settled_at), (ended.run, Some(house.at())));
    assert_eq!(standing.run_ended_at, Some(house.at()));
    assert_eq!(known[&going_on.attempt].settled_at, None);
}
