//! Git's configuration around a run: what is trusted, what is run and for how long.

use crate::actors::{shell, with};
use jackfield_behaviour::{Ground, Repository};
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant};

fn branch(answer: &Value) -> &str {
    answer["attempt"]["branch"].as_str().unwrap()
}

#[tokio::test]
async fn git_settings_in_variables_reach_the_git_of_the_agent_without_commands() {
    let ground = Ground::new()
        .with("GIT_CONFIG_COUNT", "2")
        .with("GIT_CONFIG_KEY_0", "user.email")
        .with("GIT_CONFIG_VALUE_0", "ci@example.com")
        .with("GIT_CONFIG_KEY_1", "core.sshCommand")
        .with("GIT_CONFIG_VALUE_1", "never");
    let repository = ground.repository();
    let server = ground.serve().await;
    let command = "git config user.email > email.txt; git config core.sshCommand >> email.txt; exit 0";
    let answer = server.rest().execute(&shell(&repository, command)).await.fine();
    assert_eq!(repository.file(branch(&answer), "email.txt"), "ci@example.com");
    server.stop().await;
    ground.leave();
}

/// Sets filters in every configuration that an agent can write, and has git need them.
fn plant(trace: &str) -> String {
    let filter = format!("sh -c 'cat /proc/*/environ > {trace}; cat'");
    let set = |scope: &str, name: &str| format!("git config {scope} filter.{name}.clean \"{filter}\"");
    format!(
        "{}; {}; printf '*.g filter=g\\n*.l filter=l\\n' >> $(git rev-parse --git-common-dir)/info/attributes; \
         echo own > a.g; echo own > a.l",
        set("--global", "g"),
        set("--local", "l"),
    )
}

#[tokio::test]
async fn filters_set_by_an_agent_are_never_run_and_are_reported() {
    let ground = Ground::new().with("DATABASE_PASSWORD", "never-shown-to-filters");
    let (repository, other) = (ground.repository(), Repository::beside(&ground, "other"));
    let server = ground.serve().await;
    let trace = ground.path().join("trace");
    let planted = shell(&repository, &plant(trace.to_str().unwrap()));
    let answer = server.rest().execute(&with(planted, json!({ "verbosity": "full" }))).await.fine();
    assert_eq!(answer["state"], "succeeded", "{answer}");
    assert_eq!(repository.file(branch(&answer), "a.l"), "own");
    for key in ["filter.g.clean", "filter.l.clean"] {
        assert!(answer["text"].as_str().unwrap().contains(key), "{key}: {answer}");
    }
    let run = answer["run_id"].as_str().unwrap();
    let sql = format!("SELECT payload FROM run_events WHERE run = '{run}' AND kind = 'host_warning'");
    assert_eq!(ground.database().rows(&sql).len(), 2);
    for workspace in [&repository, &other] {
        let later = "echo '*.g filter=g' > .gitattributes; echo '*.l filter=l' >> .gitattributes; \
                     echo mine > b.g; echo mine > b.l";
        let answer = server.rest().execute(&shell(workspace, later)).await.fine();
        assert_eq!(answer["state"], "succeeded", "{answer}");
        assert_eq!(workspace.file(branch(&answer), "b.g"), "mine");
    }
    assert!(!trace.exists(), "{}", String::from_utf8_lossy(&fs::read(&trace).unwrap()));
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn filter_that_hangs_delays_a_run_briefly_and_loses_nothing() {
    let ground = Ground::new();
    let repository = ground.repository();
    repository.git(&["config", "filter.slow.clean", "sleep 60; cat"]);
    fs::write(repository.path().join(".git/info/attributes"), "*.slow filter=slow\n").unwrap();
    let server = ground.serve().await;
    let began = Instant::now();
    let request =
        with(shell(&repository, "echo kept > a.slow"), json!({ "timeout_s": 3, "verbosity": "full" }));
    let answer = server.rest().execute(&request).await.fine();
    assert!(began.elapsed() < Duration::from_secs(45), "{:?}", began.elapsed());
    assert_eq!(answer["state"], "succeeded", "{answer}");
    assert_eq!(repository.file(branch(&answer), "a.slow"), "kept");
    assert!(answer["text"].as_str().unwrap().contains("filters did not finish in time"), "{answer}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn line_of_300_megabytes_does_not_fail_a_run_with_finished_work() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let command = "echo done > done.txt; head -c 300000000 /dev/zero | tr '\\0' x";
    let answer = server.rest().execute(&shell(&repository, command)).await.fine();
    assert_eq!(answer["state"], "succeeded", "{answer}");
    assert_eq!(repository.file(branch(&answer), "done.txt"), "done");
    let resident = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let peak = resident.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 512 << 10, "the server had {peak} KiB at most");
    server.stop().await;
    ground.leave();
}
