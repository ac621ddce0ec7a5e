//! A gate in service: it sees what it is shown and nothing else, and is swapped like the others.

use crate::common::{self, NAME, VERSION, chooser, gate, rewritten, setup, shipped_gates, variant};
use jackfield_plugins::facts::gating::{Artifact, ChangedPath, CommandResult, Ruling};
use jackfield_plugins::facts::types::ChangeKind;
use jackfield_plugins::{Called, Change, Evidence, PluginError, State, Violation};
use jackfield_types::PluginKind;
use std::sync::Arc;

/// A folder of two files, with a figure, a check and an artifact.
struct Shown;

impl Evidence for Shown {
    fn files(&self, pattern: &str) -> Result<Vec<String>, String> {
        let all = ["README.md", "src/lib.rs"].map(str::to_owned);
        Ok(if pattern == "**" {
            all.into()
        } else {
            all.into_iter().filter(|file| file == pattern).collect()
        })
    }

    fn read(&self, path: &str, most: u32) -> Result<Vec<u8>, String> {
        match path {
            "README.md" => Ok(b"hello"[..5.min(most as usize)].to_vec()),
            "big" => Ok(vec![1; most as usize]),
            other => Err(format!("{other} is not there")),
        }
    }

    fn artifacts(&self) -> Vec<Artifact> {
        let (kind, label, target) = ("diff".to_owned(), "1 file".to_owned(), "diff".to_owned());
        vec![Artifact { kind, label, target, size: 7 }]
    }

    fn metric(&self, name: &str) -> Option<f64> {
        (name == "files-changed").then_some(3.0)
    }

    fn commands(&self) -> Vec<CommandResult> {
        vec![CommandResult { name: "tests".to_owned(), code: Some(0), output: "ok".to_owned() }]
    }

    fn changed(&self) -> Result<Vec<ChangedPath>, String> {
        let (path, was) = ("src/lib.rs".to_owned(), Some("secret/lib.rs".to_owned()));
        Ok(vec![ChangedPath { path, was, kind: ChangeKind::Renamed }])
    }

    fn diff(&self, start: u64, most: u32) -> Result<Vec<u8>, String> {
        let bytes = b"rename from secret/lib.rs\n".iter().copied();
        Ok(bytes.skip(start as usize).take(most as usize).collect())
    }
}

async fn with(embedded: &[u8]) -> common::Host {
    let mut setup = setup();
    setup.embedded = vec![embedded.to_vec()];
    setup.open().await
}

async fn ask(
    host: &common::Host,
    kind: &str,
    config: &str,
) -> Result<Called<Result<Ruling, String>>, PluginError> {
    host.plugins.evaluate(kind, config, Arc::new(Shown)).await
}

async fn told(host: &common::Host, how: &str) -> Result<Called<Result<Ruling, String>>, PluginError> {
    ask(host, "sample_gate", &format!("{{\"how\":\"{how}\"}}")).await
}

fn violation(error: PluginError) -> Violation {
    match error {
        PluginError::Misbehaved(misbehaviour) => misbehaviour.violation,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_shipped_gates_rule_on_what_they_are_shown() {
    let host = with(shipped_gates()).await;
    let kinds: Vec<_> = host.plugins.gates().into_iter().map(|info| info.kind.name).collect();
    assert_eq!(
        kinds,
        [
            "artifact_exists",
            "changed_paths",
            "command",
            "content_check",
            "file_exists",
            "jury_score",
            "metric_threshold"
        ]
    );
    for (kind, config, passes) in [
        ("file_exists", r#"{"path":"src/lib.rs"}"#, true),
        ("file_exists", r#"{"path":"LICENSE"}"#, false),
        ("content_check", r#"{"path":"README.md","contains":"hello"}"#, true),
        ("content_check", r#"{"path":"src/lib.rs","contains":"hello"}"#, false),
        ("artifact_exists", r#"{"kind":"diff","min_bytes":7}"#, true),
        ("metric_threshold", r#"{"metric":"files-changed","max":2}"#, false),
        ("jury_score", r#"{"threshold":60}"#, false),
        ("command", r#"{"name":"tests"}"#, true),
    ] {
        let called = ask(&host, kind, config).await.unwrap();
        let ruling = called.value.unwrap();
        assert_eq!(ruling.passed, passes, "{kind} {config}: {}", ruling.message);
        assert!(!called.looked_at.is_empty(), "what it looked at is on record");
        assert_eq!((called.plugin.kind, called.plugin.name.as_str()), (PluginKind::Gate, "gates"));
    }
    let fault = host.plugins.gate_fault("file_exists", "{}").await.unwrap().unwrap();
    assert!(fault.contains("missing field `path`"), "{fault}");
    let unknown = host.plugins.gate_fault("none", "{}").await.unwrap_err();
    assert_eq!(unknown.problem().code, "no_such_gate");
    let inspected = host.plugins.inspect(Some(PluginKind::Gate), "gates").unwrap();
    let imports = ["log", "types", "evidence"].map(|name| format!("jackfield:plugin/{name}@1.1.0"));
    assert_eq!(inspected.imports, imports);
    assert_eq!(inspected.gates.len(), 7);
    let config = r#"{"forbid":"secret/"}"#;
    let ruled = ask(&host, "changed_paths", config).await.unwrap().value.unwrap();
    assert!(!ruled.passed && ruled.message.contains("secret/lib.rs"), "{}", ruled.message);
}

#[tokio::test]
async fn a_gate_sees_one_evidence_and_no_other() {
    let host = with(gate()).await;
    let message = async |how| told(&host, how).await.unwrap().value.unwrap().message;
    assert_eq!(message("look").await, r#"Ok(["README.md", "src/lib.rs"])"#);
    assert_eq!(message("read README.md").await, "README.md: hello");
    assert_eq!(message("read ../secret").await, "../secret is not there");
    assert_eq!(message("rest").await, r#"Some(3.0) [("tests", Some(0))] [("diff", 7)]"#);
    assert_eq!(told(&host, "read README.md").await.unwrap().looked_at, ["files **", "read README.md"]);
    let nothing =
        host.plugins.evaluate("sample_gate", r#"{"how":"look"}"#, Arc::new(jackfield_plugins::NoEvidence));
    assert!(!nothing.await.unwrap().value.unwrap().passed, "the evidence of an earlier call is gone");
}

#[tokio::test]
async fn a_dropped_gate_adds_its_kinds_and_its_own_failure_is_answered_by_who_has_the_kind() {
    let mut setup = setup();
    setup.embedded = vec![shipped_gates().to_vec(), gate().to_vec()];
    let evidence = jackfield_plugins::Grant { imports: ["evidence".to_owned()].into(), ..Default::default() };
    setup.grants.0.entry(PluginKind::Gate).or_default().insert(NAME.to_owned(), evidence);
    let mut host = setup.open().await;
    host.plugins.watch().unwrap();
    host.drop_in("mine.wasm", &rewritten(&variant(gate(), 1), VERSION, "1.4.3"));
    host.event(Change::Serving).await;
    let called = told(&host, "look").await.unwrap();
    assert_eq!((called.plugin.name.as_str(), called.plugin.version.as_str()), (NAME, "1.4.3"));
    assert!(ask(&host, "file_exists", r#"{"path":"README.md"}"#).await.unwrap().value.unwrap().passed);
    let stood_in = told(&host, "trap").await.unwrap_err();
    assert!(matches!(violation(stood_in), Violation::Trapped { .. }), "both trap where they are told to");

    std::fs::remove_file(host.path("mine.wasm")).unwrap();
    host.event(Change::Retired).await;
    assert_eq!(told(&host, "look").await.unwrap().plugin.version, VERSION);
}

#[tokio::test]
async fn a_gate_that_takes_what_it_does_not_know_is_not_taken() {
    let host = with(shipped_gates()).await;
    for (name, bytes, why) in [
        ("a.wasm", rewritten(gate(), "refuse-it", "accept-it"), "takes a kind that it does not have"),
        ("b.wasm", rewritten(gate(), "\"how\":\"look\"", "\"who\":\"look\""), "it refuses its own example"),
        ("c.wasm", rewritten(gate(), "sample_gate", "Sample Gate"), "is not 1 to 64 of"),
    ] {
        host.drop_in(name, &bytes);
        host.plugins.rescan().await.unwrap();
        let listed = host.plugins.list();
        let one = listed.iter().find(|one| one.file.as_deref() == Some(&host.path(name))).unwrap();
        assert_eq!(one.state, State::Rejected);
        assert!(one.reason.as_ref().unwrap().contains(why), "{:?}", one.reason);
    }
}

#[tokio::test]
async fn evidence_is_for_gates_alone() {
    let host = with(chooser()).await;
    let import = rewritten(chooser(), "jackfield:plugin/log@1.1.0", "jackfield:plugin/lag@1.1.0");
    host.drop_in("a.wasm", &import);
    host.plugins.rescan().await.unwrap();
    let listed = host.plugins.list();
    let one = listed.iter().find(|one| one.file.is_some()).unwrap();
    assert_eq!(one.state, State::Rejected);
    assert!(one.reason.as_ref().unwrap().contains("jackfield:plugin/lag@1.1.0"), "{:?}", one.reason);
}
