//! Requests with their defaults and their bounds.

use crate::{ExecuteRequest, Host};
use jackfield_api::Access;
use jackfield_api::{Complexity, Expect, MAX_INSTRUCTION_BYTES};
use jackfield_config::{Config, WorkspaceSection};
use jackfield_runs::admission::order::LONGEST;
use jackfield_types::Role;
use std::time::Duration;

/// Returns a host without an environment, and a folder that `jackfield.toml` calls `site`.
async fn host() -> (Host, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    std::fs::create_dir(&site).unwrap();
    let mut config = Config::default();
    let section = WorkspaceSection {
        path: site,
        repo: Some("Acme/Site".into()),
        max_concurrent: None,
        gates: Vec::new(),
    };
    config.workspaces.insert("site".into(), section);
    let builder = super::builder(folder.path().join("data")).config(config).environment([]).watch(false);
    (builder.open().await.unwrap(), folder)
}

fn request() -> ExecuteRequest {
    ExecuteRequest { workspace: Some("site".into()), ..ExecuteRequest::new("do it") }
}

#[tokio::test]
async fn missing_fields_get_defaults() {
    let (host, _folder) = host().await;
    let order = host.inner.runs.orders.order(request()).await.unwrap();
    assert_eq!((order.task_type.as_str(), order.complexity, order.role), ("feature", 3, Role::Implement));
    assert_eq!((order.access, order.expect_change, order.max_cost), (Access::Edit, false, None));
    assert_eq!(order.timeout, Duration::from_secs(Config::default().run.timeout_s));
    assert_eq!(order.workspace.name, "site");
    host.shutdown().await;
}

#[tokio::test]
async fn instruction_without_a_type_is_classified_by_its_words_or_executor() {
    let (host, _folder) = host().await;
    for (instruction, executor, keywords, task_type, role) in [
        ("Design the architecture of the billing system", None, "", "architecture", Role::Plan),
        ("Review PR 42", None, "", "review", Role::Review),
        ("Fix typo in README", None, "", "docs", Role::Implement),
        ("Take care of the parser", None, "architecture", "architecture", Role::Plan),
        ("review.sh --all", Some("shell"), "", "command", Role::Implement),
    ] {
        let keywords =
            [keywords].iter().filter(|word| !word.is_empty()).map(|word| (*word).to_owned()).collect();
        let executor = executor.map(str::to_owned);
        let asked = ExecuteRequest { instruction: instruction.into(), executor, keywords, ..request() };
        let order = host.inner.runs.orders.order(asked).await.unwrap();
        assert_eq!((order.task_type.as_str(), order.role), (task_type, role), "{instruction}");
        assert!(order.classified && !order.expect_change, "a guess expects no change: {instruction}");
    }
    host.shutdown().await;
}

#[tokio::test]
async fn expected_result_follows_from_the_task_type_unless_given() {
    let (host, _folder) = host().await;
    for (task_type, expect, change, role) in [
        (Some("Bugfix"), None, true, Role::Implement),
        (Some("review"), None, false, Role::Review),
        (Some("test"), None, true, Role::Test),
        (Some("architecture"), None, false, Role::Plan),
        (Some("docs"), None, false, Role::Implement),
        (Some("chore"), None, false, Role::Implement),
        (Some("docs"), Some(Expect::Change), true, Role::Implement),
        (Some("feature"), Some(Expect::Answer), false, Role::Implement),
        (None, Some(Expect::Change), true, Role::Implement),
    ] {
        let asked = ExecuteRequest { task_type: task_type.map(str::to_owned), expect, ..request() };
        let order = host.inner.runs.orders.order(asked).await.unwrap();
        assert_eq!((order.expect_change, order.role), (change, role), "{task_type:?} {expect:?}");
    }
    let question = ExecuteRequest {
        instruction: "why does the parser fail? ".into(),
        task_type: Some("bugfix".into()),
        ..request()
    };
    assert!(
        !host.inner.runs.orders.order(question).await.unwrap().expect_change,
        "a question is answered in words"
    );
    host.shutdown().await;
}

#[tokio::test]
async fn each_invalid_field_is_refused_with_a_code_of_its_own() {
    let (host, folder) = host().await;
    let refused = async |request| host.inner.runs.orders.order(request).await.unwrap_err().code;
    let text = |instruction: &str| ExecuteRequest { instruction: instruction.into(), ..request() };
    let seconds = |timeout_s| ExecuteRequest { timeout_s: Some(timeout_s), ..request() };
    let dollars = |usd| ExecuteRequest { max_cost_usd: Some(usd), ..request() };
    let workspace = |name: &str| ExecuteRequest { workspace: Some(name.into()), ..request() };
    assert_eq!(refused(text(" \n")).await, "empty_instruction");
    assert_eq!(refused(text(&"x".repeat(MAX_INSTRUCTION_BYTES + 1))).await, "instruction_too_long");
    assert_eq!(refused(text("a\0b")).await, "instruction_has_nul");
    assert_eq!(refused(seconds(0)).await, "bad_timeout");
    assert_eq!(refused(seconds(LONGEST + 1)).await, "bad_timeout");
    for usd in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(dollars(usd)).await, "bad_max_cost", "{usd}");
    }
    assert_eq!(refused(workspace("elsewhere")).await, "unknown_workspace");
    assert_eq!(refused(workspace("")).await, "no_workspace");
    let hard = ExecuteRequest { complexity: Some(Complexity::Number(11)), ..request() };
    assert_eq!(refused(hard).await, "bad_complexity");
    let loud = ExecuteRequest { verbosity: Some("shouted".into()), ..request() };
    assert_eq!(refused(loud).await, "unknown_verbosity");
    // A path that is absolute needs no name, but a folder.
    assert!(host.inner.runs.orders.order(workspace(&folder.path().to_string_lossy())).await.is_ok());
    assert!(host.inner.runs.orders.order(workspace("/nowhere/at/all")).await.is_err());
    host.shutdown().await;
}

#[tokio::test]
async fn workspace_is_found_by_name_repository_or_path() {
    let (host, folder) = host().await;
    let site = folder.path().join("site").to_string_lossy().into_owned();
    for asked in ["site", "Acme/Site", "acme/site", &site] {
        let order = host
            .inner
            .runs
            .orders
            .order(ExecuteRequest { workspace: Some(asked.into()), ..request() })
            .await
            .unwrap();
        assert_eq!((order.workspace.name.as_str(), &order.workspace.path), ("site", &site), "{asked}");
    }
    host.shutdown().await;
}

#[tokio::test]
async fn unconfigured_repository_is_refused_with_the_lines_to_add() {
    let (host, folder) = host().await;
    let asked = |repo: &str| ExecuteRequest { workspace: Some(repo.into()), ..request() };
    for (repo, section) in [("acme/Docs.rs", "docs-rs"), ("other/site", "other-site")] {
        let problem = host.inner.runs.orders.order(asked(repo)).await.unwrap_err();
        assert_eq!(problem.code, "unknown_workspace");
        let lines = format!("[workspaces.{section}]\npath = \"/path/to/the/clone\"\nrepo = \"{repo}\"");
        assert!(problem.remedy.ends_with(&lines), "{problem}");
        let added = lines.replace("/path/to/the/clone", &folder.path().to_string_lossy());
        let config: Config = toml::from_str(&added).unwrap();
        assert_eq!(config.workspaces[section].repo.as_deref(), Some(repo));
    }
    host.shutdown().await;
}
