//! Hosts are killed repeatedly, at random points, while real commands and agents that misbehave are
//! running: nothing is lost, nothing runs twice at once, nothing is left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use jackfield_behaviour::{Ground, Repository, Server, steady_port, until, until_none};
use serde_json::{Value, json};
use std::time::Duration;

/// How often hosts are killed.
const KILLS: u32 = 200;
/// Runs of each sort.
const EACH: usize = 12;

/// Commands of agents that misbehave. Each takes a lock that no other process may have at the same time: a
/// second process of the same attempt would write the word `twice`.
const SORTS: [(&str, &str, &str); 8] = [
    ("plain", "sleep 0.3; echo done", "succeeded"),
    ("forks", "setsid sleep 600 & sleep 600 & sleep 0.4; echo forked", "succeeded"),
    ("deaf", "trap '' TERM INT HUP; sleep 0.5; echo deaf", "succeeded"),
    ("split", "printf '\\303'; sleep 0.2; printf '\\244\\n'; sleep 0.2; echo whole", "succeeded"),
    ("long", "head -c LONG /dev/zero | tr '\\0' x; echo; echo long", "succeeded"),
    ("fails", "sleep 0.2; echo broken; exit 7", "failed"),
    // A program in place of Claude Code, which stays when it has said its last word.
    (LINGERS, "sleep 0.2", "succeeded"),
    ("slow", "for n in 1 2 3 4 5 6 7 8; do echo step $n; sleep 0.1; done", "succeeded"),
];

/// Bytes of the longest line. A host that is killed reads it again from its beginning, so one that never lives for
/// half a second is not given the longest.
const LONG: &str = "3000000";
const LONGEST: &str = "10000000";
const LINGERS: &str = "lingers";
/// How many of those there are: each stays for as long as one host lives, and a little longer.
const LINGERING: usize = 2;
/// What one of them costs, dollars.
const COST: &str = "0.01";

/// Executes its instruction, prints recorded output of Claude Code, and does not end.
fn lingering_claude() -> String {
    let file = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../plugins/claude/tests/transcripts/hello.jsonl");
    let said = std::fs::read_to_string(file).unwrap().replace("0.005592000000000001", COST);
    format!(
        "#!/bin/sh\ncase \"$1\" in --version) echo '2.1.197 (Claude Code)'; exit 0;; auth) exit 0;; esac\n\
         asked=$(cat)\n( eval \"$asked\" )\ncat <<'RECORDED'\n{said}RECORDED\ntrap '' TERM INT\nsleep 600 & wait\n"
    )
}

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
    long: &str,
) -> Vec<(String, &'static str, String)> {
    let mut runs = Vec::new();
    for number in 0..EACH {
        for (sort, command, state) in SORTS {
            if sort == LINGERS && number >= LINGERING {
                continue;
            }
            let name = format!("{sort}-{number}");
            let executor = if sort == LINGERS { "claude" } else { "shell" };
            let request = json!({
                "instruction": guarded(marks, &name, &command.replace("LONG", long)), "executor": executor,
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
    let ground = Ground::new().with("ANTHROPIC_API_KEY", "a-key-of-no-account").with_script("claude", &lingering_claude()).with_config(
        "[breaker]\nday_usd = 1000\n[run]\nmax_concurrent = 5\ngrace_s = 1\n[executors.shell]\nslots = 4\n[executors.claude]\nslots = 1\n[queue]\nheartbeat_s = 1\n[retention]\nevery_min = 0\n",
    );
    let repository = ground.repository();
    let marks = ground.path().join("marks");
    std::fs::create_dir_all(&marks).unwrap();
    let mut server = ground.serve().await;
    let mut runs = hand_in(&server, &repository, marks.to_str().unwrap(), LONG).await;
    let mut settled = 0;
    for kill in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(20 + drawn(u64::from(kill), 400))).await;
        if kill % 4 == 3 {
            // On a busy machine a host may need longer than that for anything: every fourth one gets it.
            settled =
                until("the end of one more attempt", || Some(ended(&ground)).filter(|now| *now > settled))
                    .await;
        }
        server.kill().await;
        server = ground.serve().await;
        let open = ground.database().number("SELECT COUNT(*) FROM runs WHERE state IN ('queued', 'running')");
        if open <= LINGERING.try_into().unwrap() {
            let more =
                std::fs::create_dir_all(marks.join(kill.to_string())).map(|()| marks.join(kill.to_string()));
            runs.extend(hand_in(&server, &repository, more.unwrap().to_str().unwrap(), LONG).await);
        }
    }
    let open = "SELECT COUNT(*) FROM runs WHERE state IN ('queued', 'running')";
    until_none("open runs", || ground.database().number(open)).await;

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
    assert!(
        adopted >= 20,
        "only {adopted} of {} attempts changed hands: the kills met nobody at work",
        runs.len()
    );
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
    assert_eq!(database.ledger().0, charged(&runs), "each paid attempt is charged once");
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

fn ended(ground: &Ground) -> i64 {
    ground.database().number("SELECT COUNT(*) FROM attempts WHERE state = 'settled'")
}

/// What the runs that cost something cost, millionths of a dollar.
fn charged(runs: &[(String, &str, String)]) -> i64 {
    let paid = runs.iter().filter(|(_, _, name)| name.starts_with(LINGERS)).count();
    10_000 * i64::try_from(paid).unwrap()
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

/// How often a host and its workers are killed, all in all.
const KILLS_ELSEWHERE: u32 = 60;

#[tokio::test]
async fn sixty_kills_of_a_host_and_its_workers_lose_nothing_and_run_nothing_twice() {
    let ground = Ground::new().with("ANTHROPIC_API_KEY", "a-key-of-no-account").with_config(
        "[breaker]\nday_usd = 1000\n[run]\nhere = false\n[executors.shell]\nslots = 6\n[queue]\nheartbeat_s = 1\n[retention]\nevery_min = 0\n",
    );
    let there = [(); 2].map(|()| {
        let ground = Ground::new().with("ANTHROPIC_API_KEY", "a-key-of-no-account");
        let ground = ground.with_script("claude", &lingering_claude());
        ground.with_config("[run]\ngrace_s = 1\n[queue]\nheartbeat_s = 1\n[retention]\nevery_min = 0\n")
    });
    let repository = ground.repository();
    let marks = ground.path().join("marks");
    std::fs::create_dir_all(&marks).unwrap();
    let listen = format!("127.0.0.1:{}", steady_port());
    let mut server = ground.serve_on(&listen).await;
    let token = server.token().to_owned();
    let host = format!("http://{listen}");
    let mut workers = Vec::new();
    for ground in &there {
        workers.push(ground.work_for(&host, &token, 3, None).await);
    }
    let mut runs = hand_in(&server, &repository, marks.to_str().unwrap(), LONGEST).await;
    for kill in 0..KILLS_ELSEWHERE {
        tokio::time::sleep(Duration::from_millis(50 + drawn(u64::from(kill) + 7_000, 600))).await;
        match drawn(u64::from(kill) + 9_000, 3) {
            0 => {
                server.kill().await;
                server = ground.serve_on(&listen).await;
            }
            which => {
                let which = usize::try_from(which).unwrap() - 1;
                workers.remove(which).kill().await;
                workers.insert(which, there[which].work_for(&host, &token, 3, None).await);
            }
        }
        let open = ground.database().number("SELECT COUNT(*) FROM runs WHERE state IN ('queued', 'running')");
        if open <= LINGERING.try_into().unwrap() {
            let more = marks.join(kill.to_string());
            std::fs::create_dir_all(&more).unwrap();
            runs.extend(hand_in(&server, &repository, more.to_str().unwrap(), LONGEST).await);
        }
    }
    let open = "SELECT COUNT(*) FROM runs WHERE state IN ('queued', 'running')";
    until_none("open runs", || ground.database().number(open)).await;
    let database = ground.database();
    for (run, state, name) in &runs {
        let row = database.row(&format!("SELECT state FROM runs WHERE id = '{run}'"));
        assert_eq!(row["state"], *state, "{name} ({run}): {:#?}", story(&ground, run));
        let attempts = database.rows(&format!("SELECT id, branch FROM attempts WHERE run = '{run}'"));
        assert_eq!(attempts.len(), 1, "{name} was never given up: {:#?}", story(&ground, run));
        let branch = attempts[0]["branch"].as_str().unwrap();
        assert_eq!(repository.file(branch, &format!("{name}.txt")), *name, "its work came back");
        let own = attempts[0]["id"].as_str().unwrap();
        let begun = begun(&marks, name).into_iter().filter(|id| id == own).count();
        assert_eq!(begun, 1, "{name} began {begun} times");
        let said = database.rows(&format!(
            "SELECT payload ->> '$.text' AS text FROM run_events WHERE run = '{run}' AND kind = 'text' ORDER BY seq"
        ));
        let steps = said.iter().filter(|row| row["text"].as_str().unwrap().contains("step 8")).count();
        assert_eq!(steps, usize::from(name.starts_with("slow")), "{name}: what was heard came once");
    }
    assert_eq!(twice(&marks), 0, "something ran twice at once");
    let adopted: i64 = there
        .iter()
        .map(|ground| ground.database().number("SELECT COUNT(*) FROM attempts WHERE adopted = 1"))
        .sum();
    assert!(adopted >= 5, "only {adopted} attempts changed hands: the kills met nobody at work");
    assert_eq!(database.ledger(), (charged(&runs), 0), "each paid attempt is charged once");
    assert_eq!(database.breaker(), database.ledger());
    database.assert_events_without_gap();
    for worker in workers {
        worker.stop().await;
    }
    server.stop().await;
    repository.assert_untouched();
    for ground in there {
        ground.leave();
    }
    ground.leave();
}
