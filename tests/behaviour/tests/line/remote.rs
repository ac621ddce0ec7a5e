//! Remote workers: results are complete, and nothing runs twice, whatever fails: worker, host or connection.

use crate::actors::{recorded_claude, shell, stuck_claude, with};
use jackfield_behaviour::{
    Ground, Network, Repository, Server, Worker, steady_port, tagged, until, until_told,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A host that does nothing itself, and gives workers up after so many seconds.
fn host(rescue_s: u64) -> Ground {
    Ground::new().with_config(&format!(
        "[run]\nhere = false\ngrace_s = 1\n[server]\nplain_http = true\nnames = ['0.0.0.0']\n\
         [queue]\nheartbeat_s = 1\nstale_s = 3\nrescue_s = {rescue_s}\n[executors.shell]\nslots = 4\n"
    ))
}

fn worker() -> Ground {
    Ground::new().with_config("[run]\ngrace_s = 1\n[queue]\nheartbeat_s = 1\nstale_s = 3\nrescue_s = 10\n")
}

async fn at_work(ground: &Ground, server: &Server, slots: u32) -> Worker {
    ground.work_for(&format!("http://{}", server.address()), server.token(), slots, None).await
}

async fn handed_in(server: &Server, request: &Value) -> String {
    let handle = server.rest().post("/tasks/dispatch", request).await.fine();
    handle["run_id"].as_str().unwrap().to_owned()
}

async fn view(server: &Server, run: &str) -> Value {
    server.rest().get(&format!("/api/runs/{run}")).await.fine()
}

async fn becomes(server: &Server, run: &str, state: &str) -> Value {
    until_told(state, async || {
        let view = view(server, run).await;
        (view["run"]["state"] == state).then_some(view)
    })
    .await
}

/// What the agents of a run said, by the host's record.
fn said(host: &Ground, run: &str) -> Vec<String> {
    let sql = format!(
        "SELECT payload ->> '$.text' AS text FROM run_events WHERE run = '{run}' AND kind = 'text' ORDER BY seq"
    );
    let rows = host.database().rows(&sql);
    let lines = rows.iter().filter_map(|row| row["text"].as_str()).flat_map(str::lines);
    lines.map(str::to_owned).collect()
}

async fn heard(host: &Ground, run: &str, word: &str) {
    until(&format!("'{word}' on the host's record"), || {
        said(host, run).iter().any(|line| line == word).then_some(())
    })
    .await;
}

fn branch(view: &Value, attempt: usize) -> String {
    view["attempts"][attempt]["branch"].as_str().unwrap().to_owned()
}

/// A command that says when it begins, that it is alone, and when it ends.
fn guarded(marks: &Path, command: &str) -> String {
    let marks = marks.display();
    format!(
        "mkdir {marks}/at 2>/dev/null || echo twice >> {marks}/twice; echo $JACKFIELD_ATTEMPT >> {marks}/begun; \
         trap 'rmdir {marks}/at' EXIT; {command}"
    )
}

fn begun(marks: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(marks.join("begun")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn marks(ground: &Ground) -> PathBuf {
    let marks = ground.path().join("marks");
    std::fs::create_dir_all(&marks).unwrap();
    marks
}

#[tokio::test]
async fn remote_worker_returns_events_checks_a_diff_and_a_branch() {
    let (ground, there) = (host(30), worker());
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = with(
        shell(&repository, "echo hello; echo new > b.txt; mkdir empty; test -e README.md; exit 0"),
        json!({ "checks": [{ "name": "there", "command": "test -e b.txt" }], "expect": "change" }),
    );
    let run = handed_in(&server, &request).await;
    let waiting = server.rest().get("/api/status").await.fine();
    assert!(waiting["warnings"].to_string().contains("no worker takes runs"), "{waiting}");

    let worker = at_work(&there, &server, 2).await;
    let done = becomes(&server, &run, "succeeded").await;
    assert_eq!(said(&ground, &run), ["hello"]);
    let leftovers = format!("SELECT COUNT(*) FROM run_events WHERE run = '{run}' AND kind = 'leftover'");
    assert_eq!(ground.database().number(&leftovers), 1, "the empty folder is on record, once");
    let attempt = &done["attempts"][0];
    assert_eq!(
        (&attempt["outcome"]["delivered"], &attempt["outcome"]["verified"], &attempt["exit_code"]),
        (&json!("diff"), &json!("passed"), &json!(0)),
        "{attempt}"
    );
    assert_eq!(repository.file(&branch(&done, 0), "b.txt"), "new", "its branch is in the host's repository");
    let diff = server.rest().get(&format!("/api/runs/{run}/diff")).await;
    assert!(diff.text.contains("+new"), "{}", diff.text);
    let explained = server.rest().get(&format!("/api/tasks/{run}/explain")).await.fine().to_string();
    assert!(explained.contains("plan"), "what the worker's adapter planned is on record: {explained}");
    let workers = server.rest().get("/api/workers").await.fine();
    let remote = workers["workers"].as_array().unwrap().iter().find(|line| line["kind"] == "remote").unwrap();
    assert_eq!((&remote["state"], &remote["slots"]), (&json!("alive"), &json!(2)), "{remote}");
    // The second time only what is new travels, and the new commit is what the agent finds.
    repository.git(&["commit", "--allow-empty", "-qm", "second"]);
    let head = repository.git(&["rev-parse", "HEAD"]);
    let run = handed_in(&server, &shell(&repository, "git rev-parse HEAD")).await;
    becomes(&server, &run, "succeeded").await;
    assert_eq!(said(&ground, &run), [head.trim()]);

    worker.stop().await;
    let workers = server.rest().get("/api/workers").await.fine();
    assert!(!workers.to_string().contains("remote"), "it said goodbye: {workers}");
    ground.database().assert_events_without_gap();
    server.stop().await;
    there.leave();
    ground.leave();
}

#[tokio::test]
async fn usage_of_a_remote_agent_is_on_the_ledger_and_stops_at_the_limit_of_the_host() {
    let ground = host(30).with("ANTHROPIC_API_KEY", "a-key-of-no-account");
    let there = worker()
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_script("claude", &recorded_claude("0.25", "echo made > made.txt"));
    let repository = ground.repository();
    let server = ground.serve().await;
    let worker = at_work(&there, &server, 1).await;
    let request = json!({
        "instruction": "Write made.txt", "executor": "claude", "workspace": repository.text(), "max_cost_usd": 1.0,
    });
    // The host itself has no such program: its worker does.
    let run = handed_in(&server, &request).await;
    let done = becomes(&server, &run, "succeeded").await;
    assert_eq!(done["attempts"][0]["cost"], 0.25, "{done}");
    let (spent, held) = ground.database().ledger();
    assert_eq!((spent, held), (250_000, 0));
    let request = with(request, json!({ "max_cost_usd": 0.1 }));
    let run = handed_in(&server, &request).await;
    until_told("the end of the second", async || {
        view(&server, &run).await["run"]["ended_at"].is_string().then_some(())
    })
    .await;
    assert_eq!(ground.database().ledger(), (500_000, 0), "what is spent is charged, whatever the limit");
    assert_eq!(ground.database().breaker(), (500_000, 0));
    worker.stop().await;
    server.stop().await;
    there.leave();
    ground.leave();
}

#[tokio::test]
async fn remote_agent_over_its_reservation_is_ended_while_the_host_is_unreachable() {
    let Some(network) = Network::new() else { return };
    let ground = host(600).with("ANTHROPIC_API_KEY", "a-key-of-no-account");
    let config = std::fs::read_to_string(ground.config()).unwrap().replace("0.0.0.0", network.here());
    std::fs::write(ground.config(), config + "[executors.claude]\nreserve_usd = 0.0001\n").unwrap();
    let go = ground.path().join("go");
    let waits = format!("until [ -e {} ]; do sleep 0.1; done", go.display());
    let there = worker()
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_script("claude", &stuck_claude(&waits));
    let repository = ground.repository();
    let server = ground.serve_on("0.0.0.0:0").await;
    let address = format!("http://{}:{}", network.here(), server.port());
    let worker = there.work_for(&address, server.token(), 1, Some(&network)).await;
    let request = json!({ "instruction": "Write", "executor": "claude", "workspace": repository.text() });
    let run = handed_in(&server, &request).await;
    let attempt = until_told("its agent, at work", async || {
        let attempt = view(&server, &run).await["attempts"][0].clone();
        (attempt["state"] == "running").then(|| attempt["id"].as_str().unwrap().to_owned())
    })
    .await;
    until("its agent", || (!tagged(&attempt).is_empty()).then_some(())).await;
    network.cut();
    // Its lease is good for ten minutes more; its money is not.
    std::fs::write(&go, "").unwrap();
    let spends = Instant::now();
    until("the end of the agent", || tagged(&attempt).is_empty().then_some(())).await;
    assert!(spends.elapsed() > Duration::from_secs(25), "a short cut is no reason: {:?}", spends.elapsed());
    network.restore();
    let done = becomes(&server, &run, "failed").await;
    let failure = &done["attempts"][0]["outcome"]["failure"];
    assert_eq!(failure["class"], "budget", "{done}");
    assert!(
        failure["message"].as_str().unwrap().contains("the host could not be asked for more"),
        "{failure}"
    );
    let (spent, held) = ground.database().ledger();
    assert!(spent > 100 && held == 0, "what it spent is charged, beyond what was held: {spent}, {held}");
    worker.stop().await;
    server.stop().await;
    there.leave();
    ground.leave();
}

#[tokio::test]
async fn interrupted_connection_loses_nothing_and_runs_nothing_twice() {
    let Some(network) = Network::new() else { return };
    let (ground, there) = (host(60), worker());
    let repository = ground.repository();
    let marks = marks(&ground);
    let config = std::fs::read_to_string(ground.config()).unwrap();
    std::fs::write(ground.config(), config.replace("0.0.0.0", network.here())).unwrap();
    let server = ground.serve_on("0.0.0.0:0").await;
    let address = format!("http://{}:{}", network.here(), server.port());
    let worker = there.work_for(&address, server.token(), 1, Some(&network)).await;
    let steps = "for n in $(seq 1 30); do echo step $n; echo $n > at.txt; sleep 0.2; done";
    let run = handed_in(&server, &shell(&repository, &guarded(&marks, steps))).await;
    heard(&ground, &run, "step 3").await;
    network.cut();
    tokio::time::sleep(Duration::from_secs(8)).await;
    let known = said(&ground, &run).len();
    assert!(known < 30, "nothing comes through a link that is cut");
    assert_eq!(view(&server, &run).await["run"]["state"], "running", "and nobody is given up for that");
    network.restore();
    let done = becomes(&server, &run, "succeeded").await;
    let wanted: Vec<String> = (1..=30).map(|n| format!("step {n}")).collect();
    assert_eq!(said(&ground, &run), wanted, "nothing is missing, nothing comes twice");
    assert_eq!(done["attempts"].as_array().unwrap().len(), 1, "{done}");
    assert_eq!(begun(&marks).len(), 1);
    assert_eq!(repository.file(&branch(&done, 0), "at.txt"), "30");
    worker.stop().await;
    server.stop().await;
    there.leave();
    ground.leave();
}

#[tokio::test]
async fn worker_that_is_disconnected_too_long_ends_its_agent_before_another_starts() {
    let Some(network) = Network::new() else { return };
    let (ground, there, other) = (host(12), worker(), worker());
    let repository = ground.repository();
    let marks = marks(&ground);
    let config = std::fs::read_to_string(ground.config()).unwrap();
    std::fs::write(ground.config(), config.replace("0.0.0.0", network.here())).unwrap();
    let server = ground.serve_on("0.0.0.0:0").await;
    let address = format!("http://{}:{}", network.here(), server.port());
    let first = there.work_for(&address, server.token(), 1, Some(&network)).await;
    // The first waits for ever, the second is done at once.
    let command = format!(
        "echo half > half.txt; echo begun; if mkdir {0}/first 2>/dev/null; then trap '' TERM INT; while :; do sleep 0.2; done; fi; \
         echo whole > whole.txt",
        marks.display()
    );
    let run = handed_in(&server, &shell(&repository, &guarded(&marks, &command))).await;
    heard(&ground, &run, "begun").await;
    let attempt = view(&server, &run).await["attempts"][0]["id"].as_str().unwrap().to_owned();
    network.cut();
    let second = at_work(&other, &server, 1).await;
    until("the end of the agent that nobody hears of", || tagged(&attempt).is_empty().then_some(())).await;
    assert_eq!(view(&server, &run).await["run"]["state"], "running", "it ends before its worker is given up");
    let _ = std::fs::remove_dir(marks.join("at"));
    let done = becomes(&server, &run, "succeeded").await;
    assert_eq!(done["attempts"].as_array().unwrap().len(), 2, "{done}");
    assert_eq!(done["attempts"][0]["outcome"]["failure"]["class"], "lost", "{done}");
    assert!(!marks.join("twice").exists(), "never two at once");
    assert_eq!(repository.file(&branch(&done, 1), "whole.txt"), "whole");
    network.restore();
    // What the first had done comes late, as a branch, and changes nothing else.
    let late = branch(&done, 0);
    until("the branch of the first", || repository.branches().contains(&late).then_some(())).await;
    assert_eq!(repository.file(&late, "half.txt"), "half");
    assert_eq!(view(&server, &run).await["run"]["state"], "succeeded");
    first.stop().await;
    second.stop().await;
    server.stop().await;
    there.leave();
    other.leave();
    ground.leave();
}

#[tokio::test]
async fn restarted_worker_continues_with_its_agent() {
    let (ground, there) = (host(60), worker());
    let repository = ground.repository();
    let marks = marks(&ground);
    let server = ground.serve().await;
    let worker = at_work(&there, &server, 1).await;
    let patient = "echo one; until [ -e go ]; do sleep 0.05; done; rm go; echo two; echo whole > whole.txt";
    let run = handed_in(&server, &shell(&repository, &guarded(&marks, patient))).await;
    heard(&ground, &run, "one").await;
    worker.kill().await;
    let worker = at_work(&there, &server, 1).await;
    std::fs::write(there.worktrees()[0].join("go"), "").unwrap();
    let done = becomes(&server, &run, "succeeded").await;
    assert_eq!(said(&ground, &run), ["one", "two"], "nothing twice, nothing missing");
    assert_eq!((done["attempts"].as_array().unwrap().len(), begun(&marks).len()), (1, 1), "{done}");
    assert_eq!(repository.file(&branch(&done, 0), "whole.txt"), "whole");
    worker.stop().await;
    server.stop().await;
    there.leave();
    ground.leave();
}

#[tokio::test]
async fn killed_worker_leaves_no_agent_and_its_run_goes_to_another() {
    let (ground, there, other) = (host(12), worker(), worker());
    let repository = ground.repository();
    let marks = marks(&ground);
    let server = ground.serve().await;
    let worker = at_work(&there, &server, 1).await;
    let command =
        format!("echo begun; if mkdir {}/first 2>/dev/null; then sleep 600; fi; echo done", marks.display());
    let run = handed_in(&server, &shell(&repository, &guarded(&marks, &command))).await;
    heard(&ground, &run, "begun").await;
    let attempt = view(&server, &run).await["attempts"][0]["id"].as_str().unwrap().to_owned();
    worker.kill().await;
    assert_ne!(tagged(&attempt), [], "agents outlive their worker, in case it comes back");
    until("the end of its agent, by its own gate", || tagged(&attempt).is_empty().then_some(())).await;
    let _ = std::fs::remove_dir(marks.join("at"));
    let second = at_work(&other, &server, 1).await;
    let done = becomes(&server, &run, "succeeded").await;
    assert_eq!(done["attempts"].as_array().unwrap().len(), 2, "{done}");
    assert!(!marks.join("twice").exists(), "never two at once");
    second.stop().await;
    server.stop().await;
    other.leave();
}

#[tokio::test]
async fn restarted_host_gets_the_result_of_the_worker_that_went_on() {
    let (ground, there) = (host(60), worker());
    let repository = ground.repository();
    let marks = marks(&ground);
    let address = format!("127.0.0.1:{}", steady_port());
    let server = ground.serve_on(&address).await;
    let worker = at_work(&there, &server, 1).await;
    let patient = "echo one; until [ -e go ]; do sleep 0.05; done; rm go; echo two; echo whole > whole.txt";
    let run = handed_in(&server, &shell(&repository, &guarded(&marks, patient))).await;
    heard(&ground, &run, "one").await;
    server.kill().await;
    // It ends while there is no host to report to.
    std::fs::write(there.worktrees()[0].join("go"), "").unwrap();
    until("the end of its work", || there.worktrees().is_empty().then_some(())).await;
    let server = ground.serve_on(&address).await;
    let done = becomes(&server, &run, "succeeded").await;
    assert_eq!(said(&ground, &run), ["one", "two"]);
    assert_eq!((done["attempts"].as_array().unwrap().len(), begun(&marks).len()), (1, 1), "{done}");
    worker.stop().await;
    server.stop().await;
    there.leave();
    ground.leave();
}

#[tokio::test]
async fn cancelled_remote_agent_ends_within_five_seconds() {
    let (ground, there) = (host(60), worker());
    let repository = ground.repository();
    let server = ground.serve().await;
    let worker = at_work(&there, &server, 1).await;
    let deaf = "trap '' INT; echo begun; setsid sleep 600 & sleep 600";
    let run = handed_in(&server, &shell(&repository, deaf)).await;
    heard(&ground, &run, "begun").await;
    let attempt = view(&server, &run).await["attempts"][0]["id"].as_str().unwrap().to_owned();
    let asked = Instant::now();
    let answer = server.rest().post(&format!("/api/runs/{run}"), &json!({ "action": "cancel" })).await.fine();
    assert_eq!(answer["state"], "cancelled", "{answer}");
    assert_eq!(tagged(&attempt), []);
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    worker.stop().await;
    server.stop().await;
    there.leave();
    ground.leave();
}

#[tokio::test]
async fn two_workers_share_a_queue_within_the_caps_and_each_run_is_executed_once() {
    let (ground, a, b) = (host(60), worker(), worker());
    let repository: Repository = ground.repository();
    let server = ground.serve().await;
    let (first, second) = (at_work(&a, &server, 3).await, at_work(&b, &server, 3).await);
    let mut runs = Vec::new();
    for number in 0..12 {
        let command = format!("echo {number} > {number}.txt; sleep 0.4");
        runs.push(handed_in(&server, &shell(&repository, &command)).await);
    }
    let mut most = 0;
    until_told("the end of all of them", async || {
        let sql = "SELECT COUNT(*) FROM attempts JOIN runs ON runs.id = attempts.run
                   WHERE runs.state = 'running' AND attempts.state <> 'settled'";
        most = most.max(ground.database().number(sql));
        let open = "SELECT COUNT(*) FROM runs WHERE state IN ('queued', 'running')";
        (ground.database().number(open) == 0).then_some(())
    })
    .await;
    assert!((3..=4).contains(&most), "the shell has 4 slots wherever it works, and {most} were at work");
    for (number, run) in runs.iter().enumerate() {
        let done = view(&server, run).await;
        assert_eq!(
            (&done["run"]["state"], done["attempts"].as_array().unwrap().len()),
            (&json!("succeeded"), 1)
        );
        assert_eq!(repository.file(&branch(&done, 0), &format!("{number}.txt")), number.to_string());
    }
    let hosts = ground.database().number("SELECT COUNT(DISTINCT host) FROM attempts");
    assert_eq!(hosts, 2, "both had a share");
    first.stop().await;
    second.stop().await;
    server.stop().await;
    a.leave();
    b.leave();
    ground.leave();
}

#[tokio::test]
async fn workspace_that_cannot_be_sent_fails_its_run_with_the_reason_and_blocks_no_other() {
    let (ground, there) = (host(60), worker());
    let repository = ground.repository();
    let empty = ground.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let server = ground.serve().await;
    let worker = at_work(&there, &server, 1).await;
    repository.git(&["init", "-q", empty.to_str().unwrap()]);
    let request = json!({ "instruction": "echo never", "executor": "shell", "workspace": empty });
    let run = handed_in(&server, &request).await;
    let given_back = becomes(&server, &run, "failed").await;
    let failure = given_back["attempts"][0]["outcome"]["failure"].to_string();
    assert!(failure.contains("it has no commit yet") && failure.contains("own worker"), "{failure}");
    let run = handed_in(&server, &shell(&repository, "echo fine")).await;
    becomes(&server, &run, "succeeded").await;
    worker.stop().await;
    server.stop().await;
    there.leave();
    ground.leave();
}

#[tokio::test]
async fn worker_with_a_wrong_address_token_or_id_is_refused_with_the_reason() {
    let (ground, there) = (host(60), worker());
    let server = ground.serve().await;
    let told = there.cli().run(["worker", "--host", "nonsense", "--token", "x"]).await;
    assert!(told.stderr.contains("is not the address of a host"), "{}", told.stderr);
    let address = format!("http://{}", server.address());
    let told = there.cli().run(["worker", "--host", &address, "--token", "wrong"]).await;
    assert!(told.stderr.contains("the bearer token is wrong"), "{}", told.stderr);
    // A worker tells of what it was given, and of nothing else.
    let repository = ground.repository();
    let run = handed_in(&server, &shell(&repository, "echo never")).await;
    let attempt = view(&server, &run).await["attempts"][0]["id"].as_str().unwrap().to_owned();
    let worker = nobody();
    let news = json!({ "worker": worker, "from": 0, "events": [], "base": null, "usage": null });
    let reply = server.rest().post(&format!("/api/worker/attempts/{attempt}/news"), &news).await;
    assert_eq!(reply.json()["code"], "worker_not_found", "{}", reply.text);
    server.stop().await;
}

/// The id of no worker.
fn nobody() -> &'static str {
    "01M8000000000000000000000A"
}
