//! Hundreds of runs through one server, at every interface: its resources do not grow. Then old data is pruned, and the
//! records are backed up while the server runs.

use crate::actors::shell;
use futures::stream::{self, StreamExt};
use jackfield_behaviour::{Era, Ground, Repository, Server, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::fs;

/// Until everything that is made once is there.
const WARM_UP: usize = 60;
/// A leak of one thing for each run shows as so many.
const RUNS: usize = 240;
/// Callers at once.
const CALLERS: usize = 4;

/// What is not the same from one moment to the next: connections, threads that wait for more to do.
const FILES: usize = 12;
const THREADS: usize = 8;
/// What an allocator keeps for itself varies more than that of everything that it is asked for.
const MEMORY: usize = 48 << 20;

/// What a process holds.
#[derive(Debug, Clone, Copy)]
struct Size {
    files: usize,
    threads: usize,
    memory: usize,
}

impl Size {
    fn of(server: &Server) -> Self {
        let about = format!("/proc/{}", server.pid());
        let status = fs::read_to_string(format!("{about}/status")).unwrap();
        let number = |name: &str| -> usize {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        Self {
            files: fs::read_dir(format!("{about}/fd")).unwrap().count(),
            threads: number("Threads:"),
            memory: number("RssAnon:") * 1024,
        }
    }

    fn is_about(self, before: Self) -> bool {
        self.files <= before.files + FILES
            && self.threads <= before.threads + THREADS
            && self.memory <= before.memory + MEMORY
    }
}

/// So many runs, each looked at in one way or another.
async fn work(server: &Server, repository: &Repository, count: usize) {
    let one = async |number: usize| {
        let rest = server.rest();
        let mut request = shell(repository, &format!("echo {number}; echo {number} > out.txt; seq 200"));
        let run = match number % 4 {
            0 => server.mcp(Era::Stateless).call("execute", request).await.fine()["run_id"].clone(),
            1 => {
                request["wait_s"] = json!(0);
                rest.execute(&request).await.fine()["run_id"].clone()
            }
            _ => rest.execute(&request).await.fine()["run_id"].clone(),
        };
        let run = run.as_str().unwrap();
        // Until its end, from its beginning.
        let path = format!("/api/runs/{run}/logs?stream=true");
        let told = rest.request(Method::GET, &path).send().await.unwrap().text().await.unwrap();
        assert!(told.contains("run_succeeded"), "{told}");
        if number % 8 == 3 {
            // A client that disconnects before the end.
            drop(rest.request(Method::GET, &path).send().await.unwrap());
        }
        rest.get(&format!("/api/runs/{run}/diff")).await;
    };
    stream::iter(0..count).map(one).buffer_unordered(CALLERS).collect::<Vec<()>>().await;
}

#[tokio::test]
async fn server_after_hundreds_of_runs_holds_no_more_resources() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    work(&server, &repository, WARM_UP).await;
    let before = Size::of(&server);
    work(&server, &repository, RUNS).await;
    let mut last = Size::of(&server);
    until(&format!("a server that is about as large as {before:?} again"), || {
        last = Size::of(&server);
        last.is_about(before).then_some(())
    })
    .await;
    println!("before {before:?}, after {last:?}");
    let database = ground.database();
    assert_eq!(
        database.number("SELECT COUNT(*) FROM runs WHERE state = 'succeeded'"),
        (WARM_UP + RUNS) as i64
    );
    database.assert_events_without_gap();
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn old_data_is_pruned_and_records_are_backed_up_while_the_server_works() {
    let ground = Ground::new().with_config("[retention]\nlog_days = 0\nevent_days = 0\ncall_days = 0\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    let done = server.rest().execute(&shell(&repository, "echo done > done.txt")).await.fine();
    let run = done["run_id"].as_str().unwrap();
    let mut at_work = shell(&repository, "echo begun > begun.txt; sleep 600");
    at_work["wait_s"] = json!(0);
    let at_work = server.rest().execute(&at_work).await.fine();
    let at_work = at_work["run_id"].as_str().unwrap();
    until("a run at work", || {
        let sql = format!("SELECT COUNT(*) FROM attempts WHERE run = '{at_work}' AND state = 'running'");
        (ground.database().number(&sql) == 1).then_some(())
    })
    .await;

    let file = ground.path().join("backup.db");
    let file = file.to_str().unwrap();
    let told = ground.cli().run(["backup", file]).await.fine();
    assert!(told.stdout.contains("verified") && told.stdout.contains("To restore it"), "{told:#?}");
    let again = ground.cli().run(["backup", "--json", file]).await;
    assert_eq!((again.code, again.problem()["code"].clone()), (2, json!("backup_exists")));

    let dry = ground.cli().run(["prune", "--dry-run"]).await.fine();
    assert!(dry.stdout.starts_with("would delete:\n  1 runs' logs and diffs"), "{dry:#?}");
    let refused = ground.cli().run(["prune", "--vacuum", "--json"]).await;
    assert_eq!((refused.code, refused.problem()["code"].clone()), (2, json!("runs_at_work")));
    let pruned = ground.cli().run(["prune", "--json"]).await.fine().json();
    assert_eq!(pruned["logs"]["count"], 1, "{pruned}");
    assert!(pruned["events"].as_u64().unwrap() > 5 && pruned["calls"].as_u64().unwrap() > 1, "{pruned}");
    assert_eq!(pruned["kept"], json!([]));

    // The server tells what is gone, and goes on with what is not.
    let gone = server.rest().get(&format!("/api/runs/{run}/diff")).await;
    assert_eq!((gone.status.as_u16(), gone.json()["code"].clone()), (410, json!("diff_gone")));
    let logs = server.rest().get(&format!("/api/runs/{run}/logs")).await.fine();
    assert_eq!((logs[0]["kind"].clone(), logs.as_array().unwrap().len()), (json!("events_gone"), 1));
    let told = ground.cli().run(["logs", run]).await.fine();
    assert!(told.stdout.contains("are no longer kept"), "{told:#?}");
    assert_eq!(repository.file(done["attempt"]["branch"].as_str().unwrap(), "done.txt"), "done");
    let view = server.rest().get(&format!("/api/runs/{run}")).await.fine();
    assert_eq!(view["run"]["state"], "succeeded");

    let cancel = json!({ "action": "cancel", "reason": "seen" });
    let ended = server.rest().post(&format!("/api/runs/{at_work}"), &cancel).await.fine();
    assert_eq!(repository.file(ended["attempt"]["branch"].as_str().unwrap(), "begun.txt"), "begun");
    server.stop().await;

    // The backup, put back as it says.
    for name in ["jackfield.db-wal", "jackfield.db-shm"] {
        let _ = fs::remove_file(ground.data().join(name));
    }
    fs::copy(file, ground.data().join("jackfield.db")).unwrap();
    let restored = ground.cli().run(["runs", "--json"]).await.fine().json();
    let states: Vec<&Value> = restored.as_array().unwrap().iter().map(|run| &run["state"]).collect();
    assert_eq!(states.len(), 2, "{restored}");
    assert_eq!(states[1], "succeeded");
    let events = ground.cli().run(["logs", run]).await.fine();
    assert!(!events.stdout.contains("no longer kept"), "{events:#?}");
    ground.leave();
}
