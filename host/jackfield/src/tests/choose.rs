//! Who is offered to a chooser.

use crate::{ExecuteRequest, Host};
use jackfield_config::{Config, RungSection};
use jackfield_types::Problem;
use serde_json::json;

async fn host(config: Config) -> (Host, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let builder = super::builder(folder.path().join("data")).config(config).environment([]).watch(false);
    (builder.open().await.unwrap(), folder)
}

async fn offered(
    host: &Host,
    folder: &tempfile::TempDir,
    request: ExecuteRequest,
) -> Result<Vec<String>, Problem> {
    let workspace = Some(folder.path().to_string_lossy().into_owned());
    let order = host.inner.runs.orders.order(ExecuteRequest { workspace, ..request }).await?;
    let (candidates, _) = host.inner.runs.selection.candidates(&order, host.inner.clock.now(), None).await?;
    let mut names: Vec<_> = candidates.into_iter().map(|one| one.executor).collect();
    names.dedup();
    Ok(names)
}

#[tokio::test]
async fn chooser_gets_the_shell_as_a_candidate_for_commands_or_if_named() {
    let rung: RungSection = serde_json::from_value(json!({ "name": "free", "executor": "shell" })).unwrap();
    let (host, folder) = host(Config { ladder: vec![rung], ..Config::default() }).await;
    let request = || ExecuteRequest::new("Fix the README: it says to run `touch x`");
    let typed = |task_type: &str| ExecuteRequest { task_type: Some(task_type.into()), ..request() };
    let named = |name: &str| ExecuteRequest { executor: Some(name.into()), ..request() };
    let has_shell =
        async |request| offered(&host, &folder, request).await.unwrap().iter().any(|name| name == "shell");
    assert!(!has_shell(request()).await);
    for prose in ["feature", "shell", "commands", "bugfix"] {
        assert!(!has_shell(typed(prose)).await, "{prose}");
    }
    assert_eq!(offered(&host, &folder, typed("Command")).await.unwrap(), ["shell"]);
    assert!(has_shell(named("shell")).await);
    assert!(has_shell(named("free")).await, "by its rung");
    assert!(!has_shell(named("claude")).await);
}

#[tokio::test]
async fn task_without_a_candidate_is_refused_with_a_remedy() {
    let mut config = Config::default();
    for agent in ["claude", "codex", "gemini"] {
        config.executors.entry(agent.to_owned()).or_default().enabled = false;
    }
    let (host, folder) = host(config).await;
    let refused = offered(&host, &folder, ExecuteRequest::new("Say hello")).await.unwrap_err();
    assert_eq!(refused.code, "nobody_available");
    assert!(refused.message.contains("runs the instruction as a command"), "{}", refused.message);
}
