//! Which settings hold at once, and that none is missing from the table.

use super::*;
use crate::Host;
use jackfield_model::{HostEvent, HostEventRecord};

/// One of everything, and nothing as it is by default.
const EVERYTHING: &str = r#"
    [server]
    listen = "127.0.0.1:7711"
    plain_http = true
    names = ["build.example.com"]
    drain_s = 6
    on_stop = "cancel"
    tls_cert = "/etc/jackfield/cert.pem"
    tls_key = "/etc/jackfield/key.pem"
    calls_per_s = 101
    calls_at_once = 1001
    connections = 4001
    [telemetry]
    log_format = "json"
    otlp_endpoint = "http://127.0.0.1:4318"
    service_name = "workshop"
    [mcp]
    toolsets = ["core", "admin"]
    on_close = "cancel"
    [run]
    max_concurrent = 3
    here = false
    timeout_s = 181
    idle_s = 121
    wait_s = 46
    verbosity = "full"
    grace_s = 3
    unattended_s = 121
    max_file_mb = 1024
    max_memory_mb = 1024
    max_cpus = 1.5
    keep_worktrees = true
    keep_ignored_mb = 50
    workspace = "/srv"
    roots = ["/srv"]
    gates = [{ kind = "file_exists", config = { path = "LICENSE" } }]
    [queue]
    heartbeat_s = 16
    stale_s = 61
    rescue_s = 301
    poll_s = 6
    aging_s = 301
    lost = "fail"
    most_attempts = 6
    before_consensus = 4
    [models]
    never = ["opus"]
    allow = ["o3"]
    [roles]
    plan = { tier = "strategist", executors = ["claude"], models = ["opus"] }
    implement = { tier = "workhorse", executors = ["claude"], models = ["sonnet"] }
    review = { tier = "strategist", executors = ["claude"], models = ["opus"] }
    test = { tier = "light", executors = ["claude"], models = ["haiku"] }
    [[ladder]]
    name = "far"
    executor = "claude"
    model = "far-1"
    tier = "light"
    environment = { FAR_API_KEY = "far-key-1" }
    settings = { max_turns = "9" }
    rates = { input = 1, output = 2, cached_input = 3, cache_write = 4, reasoning = 5, as_of = "today" }
    [retention]
    worktree_hours = 73
    worktree_gb = 21
    log_days = 31
    log_gb = 11
    event_days = 91
    call_days = 92
    audit_days = 366
    every_min = 31
    [breaker]
    day_usd = 21
    month_usd = 81
    month_halts = true
    reserve_usd = 0.6
    unknown_price_usd = 26
    executor_day_usd = { claude = 5 }
    executor_action = 'alert'
    workspace_day_usd = 6
    workspace_action = 'alert'
    token_day_usd = { ci = 4 }
    token_action = 'alert'
    write_day_usd = 3
    task_action = 'alert'
    task_usd = 7
    time_zone = "Europe/Paris"
    [plugins]
    folder = "/elsewhere"
    chooser = "mine"
    locked = true
    keys = ["d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"]
    instances = 65
    memory_mb = 1025
    shadow_cpu_percent = 20
    slowdown = 20
    on_failure = { chooser = "fail", compressor = "previous", judge = "fail", gate = "fail" }
    [plugins.limits]
    executor = { memory_mb = 1, cpu_ms = 2, wall_ms = 3, output_kb = 4, host_calls = 5, host_mb = 6 }
    chooser = { memory_mb = 1, cpu_ms = 2, wall_ms = 3, output_kb = 4, host_calls = 5, host_mb = 6 }
    compressor = { memory_mb = 1, cpu_ms = 2, wall_ms = 3, output_kb = 4, host_calls = 5, host_mb = 6 }
    judge = { memory_mb = 1, cpu_ms = 2, wall_ms = 3, output_kb = 4, host_calls = 5, host_mb = 6 }
    gate = { memory_mb = 1, cpu_ms = 2, wall_ms = 3, output_kb = 4, host_calls = 5, host_mb = 6 }
    [executors.claude]
    enabled = false
    model = "one"
    slots = 3
    environment = { ANTHROPIC_API_KEY = "claude-key-1" }
    settings = { max_turns = "9" }
    reserve_usd = 1
    [executors.claude.rates.one]
    input = 1
    output = 2
    cached_input = 3
    cache_write = 4
    reasoning = 5
    as_of = "today"
    [workspaces.site]
    path = "/srv/site"
    repo = "acme/site"
    max_concurrent = 1
    gates = [{ kind = "file_exists", config = { path = "README.md" } }]
    [webhooks.chat]
    url = "http://127.0.0.1:8080/hook"
    secret_env = "CHAT_SECRET"
    events = ["run_failed"]
    retry_s = 6
    tries = 16
    allow_private = true
    [grants]
    executor.agy = { programs = ["agy"], environment = ["AGY_API_KEY"], imports = ["evidence"] }
"#;

fn everything() -> Config {
    toml::from_str(EVERYTHING).unwrap()
}

#[test]
fn reload_table_has_every_setting_and_no_other() {
    let settings: BTreeSet<_> =
        flat(&Config::default()).into_keys().chain(flat(&everything()).into_keys()).collect();
    let settings = settings.into_iter().filter(|key| !key.is_in(&Key::of("grants")));
    let settings: Vec<_> = settings.collect();
    for key in &settings {
        let lines = SETTINGS.iter().filter(|(pattern, _)| matches(pattern, key)).count();
        assert_eq!(lines, 1, "{key} is in {lines} lines of the table: say when a change is in force");
    }
    for (pattern, _) in SETTINGS.iter().filter(|(pattern, _)| *pattern != "ladder.*.rates") {
        assert!(settings.iter().any(|key| matches(pattern, key)), "{pattern} is no setting");
    }
}

#[test]
fn setting_that_needs_a_restart_keeps_its_value_and_others_are_applied() {
    let (old, new) = (Config::default(), everything());
    let now = flat(&in_force(new.clone(), &old));
    let changed = changes(&old, &new);
    let named: BTreeSet<_> = changed.iter().map(|(key, ..)| key.clone()).collect();
    for (key, value) in flat(&new) {
        assert!(named.contains(&key) || value.is_null(), "{key} is as it is by default: change it");
    }
    for (key, when, change) in changed {
        let expected = if when == When::AtOnce { flat(&new) } else { flat(&old) };
        assert_eq!(now.get(&key), expected.get(&key), "{change} is {when:?}");
    }
}

async fn host(config: Config) -> (Host, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let builder =
        crate::tests::builder(folder.path().join("data")).config(config).environment([]).watch(false);
    (builder.open().await.unwrap(), folder)
}

async fn recorded(host: &Host) -> Vec<HostEventRecord> {
    let events = host.inner.store.host_log().list(0, 1_000).await.unwrap();
    events.into_iter().filter(|event| matches!(event.event(), HostEvent::ConfigChanged(_))).collect()
}

#[tokio::test]
async fn change_is_applied_at_once_and_recorded_without_secrets() {
    let (host, _folder) = host(Config::default()).await;
    let done = host.reconfigure(everything()).await.unwrap();
    let line = |changes: &[SettingChange], key: &str| {
        changes.iter().find(|change| change.key == key).map(ToString::to_string)
    };
    assert_eq!(line(&done.applied, "run.max_concurrent").unwrap(), "run.max_concurrent: 2 -> 3");
    assert_eq!(line(&done.applied, "ladder").unwrap(), "ladder: [] -> [\"far\"]");
    assert_eq!(
        line(&done.restart, "server.listen").unwrap(),
        "server.listen: \"127.0.0.1:7700\" -> \"127.0.0.1:7711\""
    );
    assert!(line(&done.applied, "grants.executor.agy.programs").is_some());
    assert!(line(&done.applied, "server.listen").is_none());
    assert_eq!(host.inner.settings.config().breaker.task_usd, Some(jackfield_types::Micros::dollars(7)));
    assert_eq!(host.status().orchestrator().await.unwrap().max_concurrent, 3);

    let events = recorded(&host).await;
    assert_eq!(events.len(), 1);
    let text = events[0].payload.get();
    assert!(text.contains("executors.claude.environment.ANTHROPIC_API_KEY"), "{text}");
    assert!(!text.contains("claude-key-1") && !text.contains("far-key-1"), "{text}");

    // The same again: nothing is new but what still waits for the restart.
    let again = host.reconfigure(everything()).await.unwrap();
    assert_eq!((again.applied, again.restart), (Vec::new(), done.restart));
    let back = host.reconfigure(Config::default()).await.unwrap();
    assert!(back.restart.is_empty() && !back.applied.is_empty());
    assert_eq!(host.reconfigure(Config::default()).await.unwrap(), ConfigChanged::default());
    assert_eq!(recorded(&host).await.len(), 3, "what changes nothing is not recorded");
    host.shutdown().await;
}

#[tokio::test]
async fn unusable_configuration_changes_nothing() {
    let (host, _folder) = host(Config::default()).await;
    let mut broken = everything();
    broken.run.max_concurrent = 0;
    broken.queue.poll_s = 0;
    let problem = host.reconfigure(broken).await.unwrap_err();
    assert_eq!(problem.code, "bad_config");
    assert!(problem.message.contains("run.max_concurrent") && problem.message.contains("queue.poll_s"));
    assert_eq!(*host.inner.settings.config(), Config::default());
    assert!(recorded(&host).await.is_empty());
    host.shutdown().await;
}

#[tokio::test]
async fn moved_rung_is_reported_as_a_changed_order() {
    let rung = |name: &str| format!("[[ladder]]\nname = '{name}'\nexecutor = 'claude'\n");
    let (first, second) = (rung("near") + &rung("far"), rung("far") + &rung("near"));
    let (host, _folder) = host(toml::from_str(&first).unwrap()).await;
    let done = host.reconfigure(toml::from_str(&second).unwrap()).await.unwrap();
    let told: Vec<_> = done.applied.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["ladder: [\"near\",\"far\"] -> [\"far\",\"near\"]"]);
    host.shutdown().await;
}
