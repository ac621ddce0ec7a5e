//! The configuration as an operator meets it: checked before it is used, taken over while the server runs.

use crate::actors::shell;
use jackfield_behaviour::{Ground, Rest, Server, until, until_told};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// As most editors save: written beside, renamed onto.
fn replace(file: &Path, text: &str) {
    let beside = file.with_extension("toml~");
    fs::write(&beside, text).unwrap();
    fs::rename(&beside, file).unwrap();
}

async fn most(rest: &Rest) -> Value {
    rest.get("/api/status").await.fine()["max_concurrent"].clone()
}

async fn day_limit(rest: &Rest) -> Value {
    let breaker = rest.get("/api/breaker").await.fine();
    let limits = breaker["limits"].as_array().unwrap();
    let day = limits.iter().find(|limit| limit["limit"]["period"] == "day").unwrap();
    day["limit"]["amount"].clone()
}

/// What was recorded about changes, oldest first.
async fn changes(rest: &Rest) -> Vec<Value> {
    let events = rest.get("/api/events").await.fine();
    let changes = events.as_array().unwrap().iter().filter(|event| event["kind"] == "config_changed");
    changes.map(|event| event["payload"].clone()).collect()
}

/// The same once there are so many: what is in force is recorded right after.
async fn changes_when(rest: &Rest, count: usize) -> Vec<Value> {
    until_told("the record of the change", async || {
        Some(changes(rest).await).filter(|all| all.len() >= count)
    })
    .await
}

async fn in_the_log(ground: &Ground, what: &str) {
    until(what, || ground.server_log().contains(what).then_some(())).await;
}

async fn server(config: &str) -> (Ground, Server) {
    let ground = Ground::new().with_config(config);
    let server = ground.serve().await;
    (ground, server)
}

#[tokio::test]
async fn changed_file_is_applied_without_a_restart_and_recorded() {
    let (ground, server) = server("[run]\nmax_concurrent = 3\n").await;
    let rest = server.rest();
    assert_eq!((most(&rest).await, day_limit(&rest).await), (json!(3), json!(20.0)));

    replace(&ground.config(), "[run]\nmax_concurrent = 5\n[breaker]\nday_usd = 7.5\n");
    until_told("the new limits", async || (most(&rest).await == 5).then_some(())).await;
    assert_eq!(day_limit(&rest).await, json!(7.5));
    in_the_log(&ground, "run.max_concurrent: 3 -> 5").await;
    in_the_log(&ground, "breaker.day_usd: 20 -> 7.5").await;

    // Written in place, as others save.
    fs::write(ground.config(), "[run]\nmax_concurrent = 6\n[breaker]\nday_usd = 7.5\n").unwrap();
    until_told("the file written in place", async || (most(&rest).await == 6).then_some(())).await;
    // A file that is gone means every default.
    fs::remove_file(ground.config()).unwrap();
    until_told("the defaults", async || (most(&rest).await == 2).then_some(())).await;
    assert_eq!(day_limit(&rest).await, json!(20.0));

    let changes = changes_when(&rest, 3).await;
    assert_eq!(changes.len(), 3, "{changes:#?}");
    assert_eq!(
        changes[0],
        json!({
            "applied": [
                { "key": "breaker.day_usd", "old": "20", "new": "7.5" },
                { "key": "run.max_concurrent", "old": "3", "new": "5" },
            ],
            "restart": [],
        })
    );
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn lowered_limit_refuses_the_next_call() {
    let (ground, server) = server("").await;
    let repository = ground.repository();
    let rest = server.rest();
    rest.execute(&shell(&repository, "true")).await.fine();
    replace(&ground.config(), "[executors.shell]\nenabled = false\n");
    in_the_log(&ground, "executors.shell.enabled").await;
    let refused = rest.execute(&shell(&repository, "true")).await;
    assert!(!refused.status.is_success(), "{refused:?}");
    replace(&ground.config(), "");
    in_the_log(&ground, "executors.shell.enabled: false -> not set").await;
    rest.execute(&shell(&repository, "true")).await.fine();
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn invalid_file_changes_nothing_and_is_logged_with_the_reason() {
    let (ground, server) = server("[run]\nmax_concurrent = 3\n").await;
    let rest = server.rest();
    for (broken, why) in [
        ("[run]\nmax_concurrent = 9\nwiat_s = 1\n", "unknown field `wiat_s`"),
        ("[run]\nmax_concurrent = 9\n[queue]\nstale_s = 1\n", "queue.stale_s = 1: must be more than"),
        ("[run\nmax_concurrent = 9\n", "line 1"),
    ] {
        replace(&ground.config(), broken);
        in_the_log(&ground, why).await;
        assert_eq!(most(&rest).await, 3, "{broken}");
    }
    assert!(ground.server_log().contains("the previous configuration stays in effect"));
    assert_eq!(changes(&rest).await, Vec::<Value>::new());
    // Once corrected, it is applied.
    replace(&ground.config(), "[run]\nmax_concurrent = 9\n");
    until_told("the mended file", async || (most(&rest).await == 9).then_some(())).await;
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn setting_that_needs_a_restart_is_named_and_a_secret_one_is_not_shown() {
    let (ground, server) = server("[run]\nmax_concurrent = 3\n").await;
    let rest = server.rest();
    replace(
        &ground.config(),
        "[server]\nlisten = '127.0.0.1:7999'\n[run]\nmax_concurrent = 4\n[breaker]\ntime_zone = 'Asia/Tokyo'\n\
         [executors.claude.environment]\nANTHROPIC_API_KEY = 'sk-ant-never-seen-1'\nHTTPS_PROXY = 'http://a:never-seen-2@b'\n\
         [executors.claude.settings]\n'env.MY_TOKEN' = 'never-seen-3'\n",
    );
    until_told("the new limit", async || (most(&rest).await == 4).then_some(())).await;
    in_the_log(&ground, "server.listen: \"127.0.0.1:7700\" -> \"127.0.0.1:7999\" needs a restart").await;
    in_the_log(&ground, "breaker.time_zone: \"UTC\" -> \"Asia/Tokyo\" needs a restart").await;
    in_the_log(&ground, "executors.claude.environment.ANTHROPIC_API_KEY").await;
    let changes = changes_when(&rest, 1).await;
    let restart: Vec<_> =
        changes[0]["restart"].as_array().unwrap().iter().map(|change| &change["key"]).collect();
    assert_eq!(restart, ["breaker.time_zone", "server.listen"]);
    for told in [ground.server_log(), json!(changes).to_string()] {
        assert!(!told.contains("never-seen"), "{told}");
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn hangup_reloads_the_file_below_flags_and_variables() {
    let ground = Ground::new().with("JACKFIELD_RUN__MAX_CONCURRENT", "8").with_config("");
    let server = ground.serve().await;
    let rest = server.rest();
    assert_eq!(most(&rest).await, 8);
    server.hang_up();
    in_the_log(&ground, "is unchanged").await;
    replace(&ground.config(), "[run]\nmax_concurrent = 4\n[breaker]\nday_usd = 3\n");
    server.hang_up();
    until_told("the new limit", async || (day_limit(&rest).await == 3.0).then_some(())).await;
    assert_eq!(most(&rest).await, 8, "the variable wins");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn configuration_behind_a_link_is_reloaded_when_the_target_changes() {
    let ground = Ground::new();
    for (version, text) in [("one", "[run]\nmax_concurrent = 3\n"), ("two", "[run]\nmax_concurrent = 4\n")] {
        fs::create_dir(ground.path().join(version)).unwrap();
        fs::write(ground.path().join(version).join("jackfield.toml"), text).unwrap();
    }
    let (current, next) = (ground.path().join("current"), ground.path().join("next"));
    std::os::unix::fs::symlink(ground.path().join("one"), &current).unwrap();
    std::os::unix::fs::symlink(current.join("jackfield.toml"), ground.config()).unwrap();
    let server = ground.serve().await;
    let rest = server.rest();
    assert_eq!(most(&rest).await, 3);
    std::os::unix::fs::symlink(ground.path().join("two"), &next).unwrap();
    fs::rename(&next, &current).unwrap();
    until_told("the other target", async || (most(&rest).await == 4).then_some(())).await;
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn config_check_reports_every_mistake_at_once_and_writes_nothing() {
    let ground = Ground::new();
    let cli = ground.cli();
    let fine = cli.run(["config", "check"]).await.fine();
    assert!(fine.stdout.contains("the defaults apply"), "{fine:#?}");
    assert_eq!(
        (cli.run(["config"]).await.fine().code, cli.run(["config", "--effective"]).await.code),
        (0, 0)
    );

    let draft = ground.path().join("draft.toml");
    fs::write(&draft, "[run]\nmax_concurent = 3\ntimeout_s = 0\n[breaker]\nday_usd = 'lots'\n[workspaces.x]\npath = '/nowhere'\n").unwrap();
    let told = cli.run(["config", "check", draft.to_str().unwrap()]).await;
    assert_eq!(told.code, 2, "{told:#?}");
    for (line, column, text) in [
        (2, 1, "error: [run] has no key `max_concurent`\n    did you mean `max_concurrent`?"),
        (3, 1, "error: run.timeout_s = 0\n    must be at least 1"),
        (5, 11, "error: breaker.day_usd: 'lots' is not an amount"),
        (7, 1, "warning: workspaces.x.path: /nowhere is not there"),
    ] {
        let place = format!("{}:{line}:{column}: {text}", draft.display());
        assert!(told.stdout.contains(&place), "{place}\n{}", told.stdout);
    }
    assert!(told.stdout.ends_with("3 errors, 1 warning\n"), "{}", told.stdout);
    let json = cli.run(["config", "check", "--json", draft.to_str().unwrap()]).await;
    assert_eq!(
        (json.code, json.json()["errors"].clone(), json.json()["warnings"].clone()),
        (2, json!(3), json!(1))
    );
    assert_eq!(json.json()["findings"][0]["key"], "run.max_concurent");

    fs::write(&draft, "[executors.cluade]\nmodel = 'x'\n[breaker]\ntask_usd = 50\n").unwrap();
    let warned = cli.run(["config", "check", draft.to_str().unwrap()]).await.fine();
    assert!(warned.stdout.contains("did you mean `claude`?"), "{warned:#?}");
    assert!(warned.stdout.ends_with("2 warnings; the configuration can be used\n"), "{warned:#?}");
    let missing = cli.run(["config", "check", "/nowhere.toml"]).await;
    assert!(missing.code == 2 && missing.stdout.contains("/nowhere.toml"), "{missing:#?}");
    assert!(!ground.data().join("jackfield.db").exists(), "nothing was opened");
    ground.leave();
}

#[tokio::test]
async fn config_check_knows_dropped_components() {
    let ground = Ground::new().with_config("[executors.agy]\nslots = 1\n");
    fs::set_permissions(ground.config(), fs::Permissions::from_mode(0o600)).unwrap();
    let warned = ground.cli().run(["config", "check"]).await.fine();
    assert!(warned.stdout.contains("no component serves an executor 'agy'"), "{warned:#?}");
    ground.leave();
}

#[tokio::test]
async fn workspace_is_found_by_its_repository_at_every_interface() {
    let ground = Ground::new();
    let repository = ground.repository();
    let ground = ground
        .with_config(&format!("[workspaces.site]\npath = '{}'\nrepo = 'acme/site'\n", repository.text()));
    let server = ground.serve().await;
    let request =
        |workspace: &str| json!({ "instruction": "true", "executor": "shell", "workspace": workspace });
    let answer = server.rest().execute(&request("Acme/Site")).await.fine();
    assert_eq!(answer["state"], "succeeded");
    let typed = ["run", "--json", "--executor", "shell", "--workspace", "acme/site", "true"];
    ground.cli().run(typed).await.fine();
    let names = ground.database().rows("SELECT DISTINCT name, path FROM workspaces");
    assert_eq!(names, [json!({ "name": "site", "path": repository.text() })]);

    let refused = server.rest().execute(&request("acme/docs")).await.json();
    assert_eq!(refused["code"], "unknown_workspace");
    let remedy = refused["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("[workspaces.docs]\npath = \"/path/to/the/clone\"\nrepo = \"acme/docs\""),
        "{remedy}"
    );
    let typed = ["run", "--json", "--executor", "shell", "--workspace", "acme/docs", "true"];
    assert_eq!(ground.cli().run(typed).await.problem()["code"], "unknown_workspace");
    // The lines of the remedy, added while the server runs.
    let added = remedy.split_once('\n').unwrap().1.replace("/path/to/the/clone", &repository.text());
    replace(&ground.config(), &added);
    in_the_log(&ground, "workspaces.docs.repo").await;
    server.rest().execute(&request("acme/docs")).await.fine();
    server.stop().await;
    ground.leave();
}
