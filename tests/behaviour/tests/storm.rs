//! Hosts are killed over and over, at random points, while real commands and agents that misbehave are at
//! work: nothing is lost, nothing runs twice at once, nothing is left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use jackfield_behaviour::{Ground, Repository, Server, until};
use serde_json::{Value, json};
use std::time::Duration;

/// How often hosts are killed.
const KILLS: u32 = 200;
/// Runs of each sort.
const EACH: usize = 12;

/// What agents do that makes life hard. Each takes a place that nobody else may have at the same time: a
/// second one of the same attempt at work would leave the word `twice`.
const SORTS: [(&str, &str, &str); 7] = [
    ("plain", "sleep 0.3; echo done", "succeeded"),
    ("forks", "setsid sleep 600 & sleep 600 & sleep 0.4; echo forked", "succeeded"),
    ("deaf", "trap '' TERM INT HUP; sleep 0.5; echo deaf", "succeeded"),
    ("split", "printf '\\303'; sleep 0.2; printf '\\244\\n'; sleep 0.2; echo whole", "succeeded"),
    ("long", "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo long", "succeeded"),
    ("fails", "sleep 0.2; echo broken; exit 7", "failed"),
    ("slow", "for n in 1 2 3 4 5 6 7 8; do echo step $n; sleep 0.1; done", "succeeded"),
];

/// Marks its beginning and its end, and who is there meanwhile.
fn guarded(marks: &str, name: &str, command: &str) -> String {
    format!(
        "echo $JACKFIELD_ATTEMPT >> {marks}/{name}.begun; mkdir {marks}/{name}.at || echo twice >> {marks}/twice; \
         echo {name} > {name}.txt; trap 'rmdir {marks}/{name}.at 2>/dev/null' EXIT; {command}"
    )
}

/// A number that differs from one point to the next, and not from one run of the test to the next.
fn drawn(seed: u64, below: u64) -> u64 {
    let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0xD1B5_4A32_D192_ED03);
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 32;
    x % below
}

async fn hand_in(
    server: &Server,
    repository: &Repository,
    marks: &str,
) -> Vec<(String, &'static str, String)> {
    let mut runs = Vec::new();
    for number in 0..EACH {
        for (sort, command, state) in SORTS {
            let name = format!("{sort}-{number}");
            let request = json!({
                "instruction": guarded(marks, &name, command), "executor": "shell",
                "workspace": repository.text(), "expect": "answer",
            });
            let handle = server.rest().post("/tasks/dispatch", &request).await.fine();
            runs.push((handle["run_id"].as_str().unwrap().to_owned(), state, name));
        }
    }
    runs
}

#[tokio::test]
async fn two_hundred_kills_lose_nothing_run_nothing_twice_and_leave_nothing() {
    let ground = Ground::new().with_config(
        "[run]\nmax_concurrent = 4\ngrace_s = 1\n[executors.shell]\nslots = 4\n[queue]\nheartbeat_s = 1\n[keep]\nevery_min = 0\n",
    );
    let repository = ground.repository();
    let marks = ground.path().join("marks");
    std::fs::create_dir_all(&marks).unwrap();
    let mut server = ground.serve().await;
    let mut runs = hand_in(&server, &repository, marks.to_str().unwrap()).await;
    for kill in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(20 + drawn(u64::from(kill), 400))).await;
        server.kill().await;
        server = ground.serve().await;
        let open = ground.database().number("SELECT COUNT(*) FROM runs WHERE state IN ('queued', 'running')");
        if open == 0 {
            let more =
                std::fs::create_dir_all(marks.join(kill.to_string())).map(|()| marks.join(kill.to_string()));
            runs.extend(hand_in(&server, &repository, more.unwrap().to_str().unwrap()).await);
        }
    }
    until("the end of every run", || {
        let open = "SELECT COUNT(*) FROM runs WHERE state IN ('queued', 'running')";
        (ground.database().number(open) == 0).then_some(())
    })
    .await;

    let database = ground.database();
    for (run, state, name) in &runs {
        let row = database.row(&format!("SELECT state FROM runs WHERE id = '{run}'"));
        assert_eq!(row["state"], *state, "{name} ({run}): {:#?}", story(&ground, run));
        let ends = database.number(&format!(
            "SELECT COUNT(*) FROM run_events WHERE run = '{run}' AND kind IN ('run_succeeded', 'run_failed', 'run_cancelled')"
        ));
        assert_eq!(ends, 1, "{name} ended {ends} times");
        let branch = database
            .row(&format!("SELECT branch FROM attempts WHERE run = '{run}' ORDER BY number DESC LIMIT 1"));
        assert_eq!(
            repository.file(branch["branch"].as_str().unwrap(), &format!("{name}.txt")),
            *name,
            "its work is kept"
        );
    }
    let adopted = database.number("SELECT COUNT(*) FROM attempts WHERE adopted = 1");
    assert!(adopted >= 20, "only {adopted} attempts changed hands: the kills met nobody at work");
    assert_eq!(twice(&marks), 0, "something ran twice at once");
    // Each attempt began once, however often it changed hands.
    for (run, _, name) in &runs {
        let begun = begun(&marks, name);
        let attempts = database.rows(&format!("SELECT id FROM attempts WHERE run = '{run}' ORDER BY number"));
        let known: Vec<&str> = attempts.iter().map(|row| row["id"].as_str().unwrap()).collect();
        let mut own: Vec<&String> = begun.iter().filter(|id| known.contains(&id.as_str())).collect();
        let count = own.len();
        own.dedup();
        assert_eq!(own.len(), count, "{name} began twice in one attempt: {begun:?}");
    }
    let split =
        database.number("SELECT COUNT(*) FROM run_events WHERE kind = 'text' AND payload LIKE '%\u{fffd}%'");
    assert_eq!(split, 0, "a character that came in two halves was broken");
    assert_eq!(database.ledger().1, 0, "nothing is held any more");
    assert_eq!(database.breaker(), database.ledger());
    let reported = database.number("SELECT COALESCE(SUM(cost), 0) FROM attempts");
    assert_eq!(database.ledger().0, reported, "the ledger is the sum of what attempts cost");
    database.assert_events_without_gap();
    server.stop().await;
    let left: Vec<_> = ground.processes();
    assert!(left.is_empty(), "processes are left: {left:#?}");
    let locks = repository.git(&["worktree", "list"]).lines().count();
    assert_eq!(locks, 1, "worktrees are left");
    repository.assert_untouched();
    ground.leave();
}

fn story(ground: &Ground, run: &str) -> Vec<Value> {
    ground.database().rows(&format!("SELECT at, attempt, kind, substr(payload, 1, 200) AS payload FROM run_events WHERE run = '{run}' AND kind <> 'text' ORDER BY seq"))
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()))
        } else {
            found.push(entry.path())
        }
    }
    found
}

fn twice(marks: &std::path::Path) -> usize {
    files(marks).iter().filter(|file| file.file_name().unwrap() == "twice").count()
}

fn begun(marks: &std::path::Path, name: &str) -> Vec<String> {
    let wanted = format!("{name}.begun");
    let all = files(marks);
    let own = all.iter().filter(|file| file.file_name().unwrap() == wanted.as_str());
    own.flat_map(|file| std::fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}
