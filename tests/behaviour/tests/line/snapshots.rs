//! Help texts and common errors, pinned by `tests/snapshots/help` and `tests/snapshots/errors.md`. `BLESS=1` before the
//! test's command writes them anew.

use crate::actors::recorded_claude;
use jackfield_behaviour::{Cli, Ground, Reply, Rest, Told};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

/// A valid id of nothing.
const NO_ID: &str = "01HX0000000000000000000000";

fn snapshots() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../snapshots")
}

fn blessing() -> bool {
    env::var_os("BLESS").is_some()
}

/// The names in the list of commands of a help text.
fn subcommands(help: &str) -> Vec<String> {
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

/// The help of a command and of every command below it.
async fn help(cli: &Cli<'_>, path: &[String], pages: &mut String) {
    let words = path.iter().map(String::as_str).chain(["--help"]);
    let page = cli.run(words).await.fine().stdout;
    let typed =
        ["jackfield".to_owned()].into_iter().chain(path.iter().cloned()).collect::<Vec<_>>().join(" ");
    let lines: Vec<_> = page.lines().map(str::trim_end).collect();
    let _ = writeln!(pages, "$ {typed} --help\n{}\n", lines.join("\n").trim_end());
    if !path.is_empty() {
        for name in subcommands(&page) {
            let path = [path, &[name]].concat();
            Box::pin(help(cli, &path, pages)).await;
        }
    }
}

#[tokio::test]
async fn help_of_every_command_equals_its_snapshot() {
    let ground = Ground::new().with("COLUMNS", "100");
    let cli = ground.cli().through(["env", "-u", "JACKFIELD_DATA"]);
    let program = cli.run(["--help"]).await.fine().stdout;
    let mut shown = BTreeMap::new();
    for name in [None].into_iter().chain(subcommands(&program).into_iter().map(Some)) {
        let file = format!("{}.txt", name.as_deref().unwrap_or("jackfield"));
        let mut pages = String::new();
        help(&cli, &Vec::from_iter(name), &mut pages).await;
        shown.insert(file, pages.trim_end().to_owned() + "\n");
    }
    assert!(shown.len() > 20, "{:?}", shown.keys());
    let folder = snapshots().join("help");
    if blessing() {
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).unwrap();
        for (file, text) in &shown {
            fs::write(folder.join(file), text).unwrap();
        }
    }
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let name = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().into_owned();
    let kept: BTreeMap<_, _> = files.map(|file| (name(&file), fs::read_to_string(&file).unwrap())).collect();
    assert_eq!(Vec::from_iter(shown.keys()), Vec::from_iter(kept.keys()), "commands differ; BLESS=1 accepts");
    for (file, text) in &shown {
        assert_eq!(text, &kept[file], "tests/snapshots/help/{file} differs; BLESS=1 accepts");
    }
    ground.leave();
}

/// The snapshot of errors while it is written.
struct Table<'a> {
    ground: &'a Ground,
    text: String,
}

impl Table<'_> {
    fn add(&mut self, case: &str, request: &str, problem: &Value) {
        let message = problem.get("message").or(problem.get("detail")).and_then(Value::as_str);
        let remedy = problem["remedy"].as_str();
        let (Some(code), Some(message), Some(remedy)) = (problem["code"].as_str(), message, remedy) else {
            panic!("{case}: {problem}");
        };
        self.block(case, &format!("$ {request}\ncode:    {code}\nmessage: {message}\nremedy:  {remedy}"));
    }

    fn block(&mut self, case: &str, text: &str) {
        let root = self.ground.path().display().to_string();
        let text = text.replace(&root, "/ROOT").replace(env!("CARGO_PKG_VERSION"), "VERSION");
        let lines = text.lines().map(|line| without_times(line.trim_end())).collect::<Vec<_>>().join("\n");
        let _ = write!(self.text, "\n## {case}\n\n```text\n{lines}\n```\n");
    }

    /// A command that is refused with a problem.
    async fn refused(&mut self, cli: &Cli<'_>, case: &str, arguments: &[&str]) {
        let told = self.run(cli, arguments, &["--json"]).await;
        self.add(case, &typed(arguments), &told.problem());
    }

    /// A command line that is not understood.
    async fn misunderstood(&mut self, cli: &Cli<'_>, case: &str, arguments: &[&str]) {
        let told = self.run(cli, arguments, &[]).await;
        self.block(case, &format!("$ {}\n{}", typed(arguments), told.stderr.trim_end()));
    }

    async fn run(&self, cli: &Cli<'_>, arguments: &[&str], more: &[&str]) -> Told {
        let told = cli.run(arguments.iter().chain(more)).await;
        assert_eq!(told.code, 2, "{arguments:?}: {told:#?}");
        told
    }

    /// A request that a server refuses.
    fn answered(&mut self, case: &str, request: &str, reply: &Reply) {
        let problem = reply.json();
        self.add(case, &format!("{request}   # {}", reply.status.as_u16()), &problem);
    }
}

/// A line with `TIME` in place of every RFC 3339 time.
fn without_times(line: &str) -> String {
    let is_time = |word: &str| word.get(10..11) == Some("T") && word.get(19..20) == Some("Z");
    let words = line.split(' ').map(|word| match is_time(word) {
        true => format!("TIME{}", &word[20..]),
        false => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn typed(arguments: &[&str]) -> String {
    let quoted = arguments.iter().map(|word| match word.is_empty() || word.contains([' ', '"']) {
        true => format!("'{word}'"),
        false => (*word).to_owned(),
    });
    format!("jackfield {}", quoted.collect::<Vec<_>>().join(" "))
}

async fn commands(table: &mut Table<'_>, ground: &Ground) {
    let repository = ground.repository();
    let cli = ground.cli().in_folder(repository.path());
    fs::write(ground.path().join("a-file"), "").unwrap();
    let file = ground.path().join("a-file").display().to_string();
    let nowhere = ground.path().join("nowhere").display().to_string();
    for (case, arguments) in [
        ("unknown run", &["runs", NO_ID][..]),
        ("bad run id", &["runs", "not-an-id"]),
        ("no run yet", &["logs"]),
        ("unknown run to cancel", &["cancel", NO_ID]),
        ("unknown task", &["task", "show", NO_ID]),
        ("unknown human task", &["todo", "show", NO_ID]),
        ("unknown executor", &["run", "-e", "nobody", "x"]),
        ("executor without its program", &["run", "-e", "gemini", "x"]),
        ("unknown model", &["run", "-e", "shell", "-m", "no-such-model", "x"]),
        ("unknown workspace", &["run", "-e", "shell", "-w", "no-such-name", "x"]),
        ("workspace that does not exist", &["run", "-e", "shell", "-w", &nowhere, "x"]),
        ("workspace that is a file", &["run", "-e", "shell", "-w", &file, "x"]),
        ("empty instruction", &["run", "-e", "shell", ""]),
        ("bad --expect", &["run", "-e", "shell", "--expect", "magic", "x"]),
        ("bad --verbosity", &["run", "-e", "shell", "-v", "chatty", "x"]),
        ("bad --complexity", &["run", "-e", "shell", "--complexity", "hard", "x"]),
        ("bad --max-cost", &["run", "-e", "shell", "--max-cost", "0", "x"]),
        ("bad --timeout", &["run", "-e", "shell", "--timeout", "0", "x"]),
        ("unknown state", &["runs", "--state", "asleep"]),
        ("bad amount", &["breaker", "raise", "much", "--reason", "why"]),
        ("bad period", &["plugin", "shadow", "--since", "soon"]),
        ("component file that does not exist", &["plugin", "check", "nothing.wasm"]),
        ("unknown component", &["plugin", "inspect", "nobody"]),
        ("unknown webhook", &["webhooks", "test", "nobody"]),
        ("unknown token", &["token", "revoke", "nobody"]),
        ("backup over a file", &["backup", &file]),
    ] {
        table.refused(&cli, case, arguments).await;
    }
    for (case, arguments) in [
        ("unknown command", &["rum", "x"][..]),
        ("missing argument", &["run"]),
        ("unknown option", &["run", "--executer", "shell", "x"]),
        ("bad value of an option", &["runs", "--limit", "many"]),
        ("unknown scope", &["token", "create", "ci", "--scope", "write"]),
        ("answer without a decision", &["todo", "answer", NO_ID]),
    ] {
        table.misunderstood(&cli, case, arguments).await;
    }
}

/// Configurations that are refused.
async fn configurations(table: &mut Table<'_>, ground: &Ground) {
    for (case, text) in [
        ("unknown key", "[run]\nmax_concurent = 3\n"),
        ("unknown section", "[keep]\nlog_days = 3\n"),
        ("value of the wrong type", "[run]\nmax_concurrent = 'two'\n"),
        ("value out of range", "[retention]\nlog_days = 9000000\n"),
        ("not TOML", "[run\n"),
        ("listening beyond loopback without TLS", "[server]\nlisten = '0.0.0.0:7700'\n"),
    ] {
        fs::write(ground.config(), text).unwrap();
        let command = if text.starts_with("[server]") { "serve" } else { "runs" };
        table.refused(&ground.cli(), case, &[command]).await;
    }
    fs::remove_file(ground.config()).unwrap();
    table
        .refused(&ground.cli(), "configuration file that does not exist", &["runs", "--config", "no.toml"])
        .await;
    table.refused(&ground.cli(), "unknown configuration key", &["runs", "--set", "run.x=1"]).await;
    let host = ["worker", "--host", "not-a-url", "--token", "x"];
    table.refused(&ground.cli(), "bad address of a host", &host).await;
}

/// New work after the budget of the day is spent.
async fn budget(table: &mut Table<'_>, ground: &Ground) {
    let cli = ground.cli().in_folder(ground.path().join("repository"));
    let made = cli.run(["task", "init", "--json", "x"]).await.fine().json();
    let task = made["task_id"].as_str().unwrap();
    let spent =
        ["-e", "claude", "-m", "claude-sonnet-4-5", "--outcome", "succeeded", "--took", "1", "--cost", "25"];
    cli.run(["task", "write", task].iter().chain(&spent)).await.fine();
    table.refused(&cli, "budget spent", &["run", "-e", "claude", "x"]).await;
    table.refused(&cli, "budget spent, external work", &["task", "init", "y"]).await;
}

/// Requests that a server refuses.
async fn requests(table: &mut Table<'_>, ground: &Ground) {
    let server = ground.serve().await;
    let made = ground.cli().run(["token", "create", "looker", "--scope", "read", "--json"]).await.fine();
    let looker = server.rest_as(made.json()["text"].as_str().unwrap());
    let rest = server.rest();
    let anyone = Rest::new(server.address(), None);
    let stranger = Rest::new(server.address(), Some("jf_0000000000000000"));
    let task = json!({ "instruction": "x", "executor": "shell" });
    for (case, request, reply) in [
        ("request without a token", "GET /api/runs", anyone.get("/api/runs").await),
        ("request with an unknown token", "GET /api/runs", stranger.get("/api/runs").await),
        ("token without the scope", "POST /tasks/execute", looker.execute(&task).await),
        ("unknown run over REST", "GET /api/runs/ID", rest.get(&format!("/api/runs/{NO_ID}")).await),
        ("unknown route", "GET /api/nothing", rest.get("/api/nothing").await),
        ("unknown parameter", "GET /api/runs?sate=failed", rest.get("/api/runs?sate=failed").await),
        ("missing field", "POST /tasks/execute {}", rest.execute(&json!({})).await),
        (
            "unknown field",
            "POST /tasks/execute {\"instruction\": \"x\", \"modle\": \"y\"}",
            rest.execute(&json!({ "instruction": "x", "modle": "y" })).await,
        ),
    ] {
        table.answered(case, request, &reply);
    }
    server.stop().await;
}

#[tokio::test]
async fn common_errors_equal_their_snapshot() {
    let claude = recorded_claude("0.25", "true");
    let ground =
        Ground::new().with("ANTHROPIC_API_KEY", "a-key-of-no-account").with_script("claude", &claude);
    let text = "# Common errors\n\nCode, message and remedy of each, as users get them.\n".to_owned();
    let mut table = Table { ground: &ground, text };
    commands(&mut table, &ground).await;
    configurations(&mut table, &ground).await;
    requests(&mut table, &ground).await;
    budget(&mut table, &ground).await;
    let shown = table.text;
    let file = snapshots().join("errors.md");
    if blessing() {
        fs::write(&file, &shown).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap();
    assert_eq!(shown, kept, "tests/snapshots/errors.md differs; BLESS=1 accepts");
    ground.leave();
}
