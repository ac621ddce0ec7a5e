//! Many runs, and the workers that execute them.

use crate::actors::{shell, with};
use jackfield_behaviour::{Ground, Server, until, until_none};
use serde_json::{Value, json};

/// As a free command with nothing around it.
fn quick(ground: &Ground, folder: &str, command: &str) -> Value {
    let folder = ground.path().join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    json!({ "instruction": command, "executor": "shell", "workspace": folder.to_str().unwrap(), "wait_s": 0 })
}

async fn dispatch(server: &Server, request: &Value) -> String {
    let handle = server.rest().post("/tasks/dispatch", request).await.fine();
    handle["run_id"].as_str().unwrap().to_owned()
}

async fn drained(ground: &Ground) {
    let open = "SELECT COUNT(*) FROM runs WHERE state IN ('queued', 'running')";
    until_none("open runs", || ground.database().number(open)).await;
}

#[tokio::test]
async fn thousand_queued_runs_are_executed_in_order_within_caps_and_fairly() {
    let ground = Ground::new().with_config(
        "[run]\nmax_concurrent = 8\n[executors.shell]\nslots = 8\n[queue]\nlost = \"fail\"\n[retention]\nevery_min = 0\n",
    );
    // Every run is queued before a worker starts, so that the order is that of the queue and not of the calls.
    let blocker = ground.serve().await;
    for _ in 0..8 {
        dispatch(&blocker, &quick(&ground, "gate", "sleep 600")).await;
    }
    until("eight at work", || {
        (ground.database().number("SELECT COUNT(*) FROM runs WHERE state = 'running'") == 8).then_some(())
    })
    .await;
    let mut requests = Vec::new();
    for number in 0..1_000 {
        let folder = if number % 10 == 9 { "small" } else { "large" };
        let priority = if number == 999 { 5 } else { 0 };
        requests.push(with(quick(&ground, folder, "true"), json!({ "priority": priority })));
    }
    let mut last = String::new();
    for request in &requests {
        last = dispatch(&blocker, request).await;
    }
    let line = blocker.rest().get("/api/workers").await.fine();
    assert_eq!(line["queue_length"], 1_000);
    blocker.kill().await;
    for process in ground.processes() {
        process.kill();
    }
    let server = ground.serve().await;
    drained(&ground).await;

    let database = ground.database();
    assert_eq!(database.number("SELECT COUNT(*) FROM runs WHERE state = 'succeeded'"), 1_000);
    assert_eq!(
        database.number("SELECT COUNT(*) FROM runs WHERE state = 'failed'"),
        8,
        "what went with the killed host"
    );
    // Never more at once than there are places, by what is on record of beginnings and ends.
    let most = database.number(
        "WITH change AS (SELECT started_at AS at, 1 AS by FROM attempts WHERE started_at IS NOT NULL
                         UNION ALL SELECT settled_at, -1 FROM attempts WHERE started_at IS NOT NULL),
              level AS (SELECT SUM(by) OVER (ORDER BY at, by ROWS UNBOUNDED PRECEDING) AS busy FROM change)
         SELECT MAX(busy) FROM level",
    );
    assert!((1..=8).contains(&most), "{most} at once");
    // The small workspace's hundredth run waits for a hundred of the large one's, not for nine hundred.
    let order = database.rows(
        "SELECT workspaces.name, ROW_NUMBER() OVER (ORDER BY runs.started_at) AS place FROM runs
         JOIN workspaces ON workspaces.id = runs.workspace WHERE workspaces.name IN ('small', 'large')",
    );
    let small: Vec<i64> =
        order.iter().filter(|row| row["name"] == "small").map(|row| row["place"].as_i64().unwrap()).collect();
    assert_eq!(small.len(), 100);
    assert!(
        small.iter().max().unwrap() <= &260,
        "the last of the small workspace was number {:?}",
        small.iter().max()
    );
    // Within a workspace, first come, first served, but for what is urgent; places side by side may swap.
    let urgent = database.number(&format!(
        "SELECT COUNT(*) FROM runs WHERE workflow = 'direct' AND started_at < (SELECT started_at FROM runs WHERE id = '{last}')
         AND workspace = (SELECT workspace FROM runs WHERE id = '{last}')"
    ));
    assert!(urgent <= 8, "the urgent one went after {urgent} others of its workspace");
    let late = database.number(
        "WITH went AS (SELECT queued_ms, ROW_NUMBER() OVER (ORDER BY started_at) AS place,
                              ROW_NUMBER() OVER (ORDER BY runs.created_at, runs.id) AS came
                       FROM runs JOIN workspaces ON workspaces.id = runs.workspace WHERE workspaces.name = 'large')
         SELECT MAX(ABS(place - came)) FROM went",
    );
    assert!(late <= 16, "somebody was passed by {late} others");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn run_without_a_worker_stays_queued_and_the_answer_says_why() {
    let ground = Ground::new();
    let repository = ground.repository();
    let cli = ground.cli().in_folder(repository.path());
    let handed =
        cli.run(["dispatch", "--json", "--executor", "shell", "echo hi > hi.txt"]).await.fine().json();
    let run = handed["run_id"].as_str().unwrap();
    let told = cli.run(["result", run, "--json"]).await.fine().json();
    assert_eq!(told["state"], "queued");
    assert!(told["next"].as_str().unwrap().contains("no worker takes runs"), "{told}");
    assert!(cli.run(["workers"]).await.fine().stdout.contains("1 run(s) wait"));

    let server = ground.serve().await;
    drained(&ground).await;
    let told = cli.run(["result", run, "--json"]).await.fine().json();
    assert_eq!(told["state"], "succeeded", "{told}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn command_line_and_server_share_the_slots_of_one_machine() {
    let ground = Ground::new().with_config("[run]\nmax_concurrent = 1\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    let hold = with(shell(&repository, "until [ -e go ]; do sleep 0.05; done"), json!({ "wait_s": 0 }));
    let first = server.rest().execute(&hold).await.fine();
    until("a worktree", || (!ground.worktrees().is_empty()).then_some(())).await;
    let cli = ground.cli().in_folder(repository.path());
    let typed = cli.start(["run", "--json", "--executor", "shell", "echo hi > hi.txt"]);
    until("the second run, in line", || {
        (ground.database().number("SELECT COUNT(*) FROM runs WHERE state = 'queued'") == 1).then_some(())
    })
    .await;
    let workers = server.rest().get("/api/workers").await.fine();
    assert_eq!(workers["queue_length"], 1, "{workers}");
    std::fs::write(ground.worktrees()[0].join("go"), "").unwrap();
    let told = typed.told().await.fine().json();
    assert_eq!(told["state"], "succeeded", "{told}");
    assert_eq!(
        server.rest().get(&format!("/api/runs/{}", first["run_id"].as_str().unwrap())).await.fine()["run"]["state"],
        "succeeded"
    );
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn queued_run_is_cancelled_at_every_interface_before_it_starts() {
    let ground = Ground::new().with_config("[server]\non_stop = \"cancel\"\ndrain_s = 0\n");
    let repository = ground.repository();
    let cli = ground.cli().in_folder(repository.path());
    let handed =
        cli.run(["dispatch", "--json", "--executor", "shell", "echo hi > hi.txt"]).await.fine().json();
    let run = handed["run_id"].as_str().unwrap().to_owned();
    let told = cli.run(["cancel", &run, "--json"]).await.fine().json();
    assert_eq!(told["state"], "cancelled", "{told}");
    let server = ground.serve().await;
    let hold = with(shell(&repository, "sleep 600"), json!({ "wait_s": 0 }));
    for _ in 0..2 {
        server.rest().execute(&hold).await.fine();
    }
    until("two at work", || (ground.worktrees().len() == 2).then_some(())).await;
    let waiting = dispatch(&server, &shell(&repository, "echo hi > hi.txt")).await;
    let answer =
        server.rest().post(&format!("/api/runs/{waiting}"), &json!({ "action": "cancel" })).await.fine();
    assert_eq!(answer["state"], "cancelled", "{answer}");
    assert_eq!(ground.worktrees().len(), 2, "only of those that began");
    server.stop().await;
    ground.leave();
}
