//! What views of work read over REST: parts of logs and diffs, raw output, what changed, spending, configuration.

use crate::actors::{recorded_claude, shell, with};
use jackfield_behaviour::{Ground, Repository, Rest, Server, Sse, sent, until_told};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const SECRET: &str = "tok-5566778899-verysecret";

async fn ran(server: &Server, repository: &Repository, command: &str) -> String {
    let done = server.rest().execute(&shell(repository, command)).await.fine();
    done["run_id"].as_str().unwrap().to_owned()
}

fn texts<'a>(lines: &'a Value, field: &str) -> Vec<&'a str> {
    lines.as_array().unwrap().iter().map(|line| line[field].as_str().unwrap()).collect()
}

#[tokio::test]
async fn log_is_paged_from_its_end_and_searched() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let run = ran(&server, &repository, "for i in 1 2 3 4 5; do echo \"line $i, 100%\"; done").await;
    let rest = server.rest();
    let log = format!("/api/runs/{run}/logs");
    let all = rest.get(&log).await.fine();
    let all = all.as_array().unwrap();
    let tail = rest.get(&format!("{log}?tail=2")).await;
    let earlier = tail.header("link").split(['<', '>']).nth(1).unwrap().to_owned();
    assert_eq!(tail.fine().as_array().unwrap().as_slice(), &all[all.len() - 2..]);
    let earlier = rest.get(&format!("{log}{earlier}")).await.fine();
    assert_eq!(earlier.as_array().unwrap().as_slice(), &all[all.len() - 4..all.len() - 2]);
    let found = rest.get(&format!("{log}?q=LINE%203,%20100%25")).await.fine();
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    let kinds = rest.get(&format!("{log}?kinds=run_started,run_succeeded")).await.fine();
    assert_eq!(texts(&kinds, "kind"), ["run_started", "run_succeeded"]);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn diff_is_read_file_by_file() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let run =
        ran(&server, &repository, "echo one > one.txt; mkdir 'a b'; printf 'x\\ny\\n' > 'a b/zwei ü.txt'")
            .await;
    let rest = server.rest();
    let files = rest.get(&format!("/api/runs/{run}/files")).await.fine();
    assert_eq!(texts(&files, "path"), ["a b/zwei ü.txt", "one.txt"]);
    assert_eq!((files[0]["added"].as_u64(), files[0]["kind"].as_str()), (Some(2), Some("added")));
    let whole = rest.get(&format!("/api/runs/{run}/diff")).await.text;
    let of = async |query: &str| rest.get(&format!("/api/runs/{run}/diff?{query}")).await;
    let (first, second) = (of("file=a%20b/zwei%20%C3%BC.txt").await, of("file=one.txt&attempt=1").await);
    assert_eq!(format!("{}{}", first.text, second.text), whole);
    assert_eq!(of("file=none.txt").await.text, "");
    assert_eq!(of("attempt=7").await.json()["code"], "attempt_not_found");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn raw_output_is_an_attachment_without_secrets() {
    let config = format!("[executors.shell]\nenvironment = {{ MY_TOKEN = \"{SECRET}\" }}\n");
    let ground = Ground::new().with_config(&config);
    let repository = ground.repository();
    let server = ground.serve().await;
    let command = "head -c 200000 /dev/zero | tr '\\0' x; echo \"$MY_TOKEN\"; printf '<script>' >&2";
    let run = ran(&server, &repository, command).await;
    let rest = server.rest();
    let raw = rest.get(&format!("/api/runs/{run}/raw")).await;
    assert!(raw.text.len() > 200_000 && !raw.text.contains("5566778899"), "{}", raw.text.len());
    assert!(raw.header("content-disposition").starts_with("attachment; filename="));
    assert_eq!(raw.header("x-content-type-options"), "nosniff");
    assert!(raw.header("content-security-policy").contains("sandbox"));
    assert!(raw.text.contains("<script>") && raw.content_type.starts_with("text/plain"));
    let errors = rest.get(&format!("/api/runs/{run}/raw?file=stderr")).await;
    assert_eq!((errors.status, errors.text.as_str()), (StatusCode::OK, ""), "the shell has one output");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn changes_are_told_to_those_who_may_see_them() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let owner = server.rest();
    let made = json!({ "name": "other", "scopes": ["execute"] });
    let other = owner.post("/api/tokens", &made).await.fine();
    let other = server.rest_as(other["text"].as_str().unwrap());
    let mut all = Sse::open(&owner, "/api/changes", None).await;
    let mut own = Sse::open(&other, "/api/changes", None).await;
    assert_eq!(all.next().await.unwrap().kind, "ready");
    assert_eq!(own.next().await.unwrap().kind, "ready");
    let command = "echo 'reading the till'; sleep 2; echo done > done.txt";
    let request = with(shell(&repository, command), json!({ "wait_s": 0 }));
    let run = owner.execute(&request).await.fine()["run_id"].as_str().unwrap().to_owned();
    let mut told = Vec::new();
    loop {
        let heard = all.next().await.expect("the run ends");
        if heard.kind != "run" {
            continue;
        }
        assert_eq!(heard.data["run"], *run);
        assert!(heard.data.get("instruction").is_none());
        told.push(heard.data);
        if told.last().unwrap()["state"] == "succeeded" {
            break;
        }
    }
    let line = |run: &Value| run["last_event"]["text"].as_str().map(str::to_owned);
    assert!(told.iter().filter_map(line).any(|text| text.contains("reading the till")), "{told:?}");
    assert_eq!(told.last().unwrap()["last_event"], Value::Null);
    // Of the owner's work the other principal hears nothing; of its own it does, and of what another process does.
    let mine = other.execute(&shell(&repository, "echo mine > mine.txt")).await.fine();
    let heard = loop {
        let heard = own.next().await.unwrap();
        assert!(heard.kind != "host", "it does not see all: {heard:?}");
        if heard.kind == "run" {
            break heard;
        }
    };
    assert_eq!(heard.data["run"], mine["run_id"]);
    let apart = ground
        .cli()
        .run(["run", "--executor", "shell", "--workspace", &repository.text(), "echo quick"])
        .await
        .fine();
    until_told("a run of another process", async || {
        let heard = all.next().await.unwrap();
        (heard.kind == "run" && heard.data["principal"] == "cli").then_some(())
    })
    .await;
    drop(apart);
    let human = json!({ "title": "look", "run_id": run });
    owner.post("/api/human-tasks", &human).await.fine();
    while all.next().await.unwrap().data != json!({ "open": 1 }) {}
    drop((all, own));
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn runs_are_filtered_and_spending_is_told_by_day() {
    let ground = Ground::new().with_script("claude", &recorded_claude("0.25", "echo hi > hi.txt"));
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let free = ran(&server, &repository, "echo Grüße > free.txt").await;
    let request =
        with(shell(&repository, "Mend the Till"), json!({ "executor": "claude", "title": "Mend the Till" }));
    let paid = rest.execute(&request).await.fine();
    let paid = paid["run_id"].as_str().unwrap();
    let runs = async |query: &str| {
        let found = rest.get(&format!("/api/runs?{query}")).await;
        assert!(found.header("jackfield-as-of").parse::<u64>().unwrap() > 0);
        texts(&found.fine(), "run").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(runs("q=mend%20THE").await, [paid]);
    assert_eq!(runs("executor=shell").await, [free.as_str()]);
    assert_eq!(runs("sort=cost&since=1d").await, [paid]);
    assert_eq!(runs("since=2099-01-01").await, [""; 0]);
    for bad in ["sort=size", "since=soon"] {
        assert_eq!(rest.get(&format!("/api/runs?{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let found = rest.get("/api/tasks?q=MEND").await.fine();
    assert_eq!(texts(&found, "title"), ["Mend the Till"]);
    let tasks = rest.get("/api/tasks").await.fine();
    assert!(tasks[0].get("instruction").is_none() && tasks[0]["summary"] == "Mend the Till", "{tasks}");
    let days = rest.get("/api/spending?days=2").await.fine();
    let spent: Vec<_> = days.as_array().unwrap().iter().filter(|day| day["cost"] == 0.25).collect();
    assert_eq!(spent.len(), 1, "{days}");
    assert_eq!(
        (spent[0]["executor"].as_str(), spent[0]["charges"].as_u64()),
        (Some("claude"), Some(1)),
        "{days}"
    );
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn configuration_is_shown_to_administrators_without_secrets() {
    let config = format!("[executors.shell]\nenvironment = {{ MY_TOKEN = \"{SECRET}\" }}\n");
    let ground = Ground::new().with_config(&config);
    let server = ground.serve().await;
    let keys = server.rest().get("/api/config").await.fine();
    assert!(!keys.to_string().contains("5566778899"), "{keys}");
    let key = |name: &str| keys.as_array().unwrap().iter().find(|key| key["key"] == name).cloned();
    assert_eq!(key("executors.shell.environment.MY_TOKEN").unwrap()["value"], "[MY_TOKEN]");
    assert!(key("run.wait_s").unwrap().get("default").is_none(), "it is the default");
    let anyone = Rest::new(server.address(), None).request(Method::GET, "/api/config");
    assert_eq!(sent(anyone).await.status, StatusCode::UNAUTHORIZED);
    server.stop().await;
    ground.leave();
}
