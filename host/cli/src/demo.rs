//! `demo`: the main job on this machine, without any account. A task through the shell adapter in
//! a worktree of a throw-away repository; the ledger and the diagram; then a component dropped in,
//! and the next answer changed without a restart.

use super::args::Global;
use super::output::{Outcome, say_answer, say_diff, say_line};
use super::progress::Teller;
use jackfield::{Answer, Host};
use jackfield_api::ExecuteRequest;
use jackfield_config::Config;
use jackfield_render::text;

use jackfield_store::LedgerFilter;
use jackfield_types::{ErrorCode, Problem, RunState};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The task: a command, because a command needs no account.
const TASK: &str = "printf 'fn main() {\\n    println!(\"hello from a worktree\");\\n}\\n' > hello.rs\necho 'hello.rs written'";
/// Longest wait for the dropped component to serve.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn demo(keep: bool, global: &Global) -> Result<Outcome, Problem> {
    let folder = Folder::make(keep)?;
    let repository = folder.path.join("repository");
    jackfield_workspace::throwaway(&repository).await?;
    let host = super::opening::builder(folder.path.join("data")).config(Config::default()).open().await?;
    let shown = show(&host, &repository, global.json).await;
    host.shutdown().await;
    if keep {
        let data = folder.path.join("data");
        let data = data.display();
        say_line(&format!(
            "\nkept: {}\nIn the browser:\n  jackfield serve --data {data}\n  jackfield open --data {data}   # in another terminal",
            folder.path.display()
        ));
    }
    shown
}

async fn show(host: &Host, repository: &Path, json: bool) -> Result<Outcome, Problem> {
    heading("1. A task, in a worktree of a throw-away repository");
    say_line(&format!("$ jackfield run --executor shell \"{}\"\n", TASK.replace('\n', "; ")));
    let first = say_answer(false, execute(host, repository).await?);

    heading("2. What it changed, on its own branch; the checkout is untouched");
    say_diff(&host.output().diff(first.run_id).await?);

    heading("3. What it cost, and what is left");
    let ledger =
        host.budget().ledger(LedgerFilter { run: Some(first.run_id), ..LedgerFilter::default() }).await?;
    say_line(&format!("{}\n", text::ledger(&ledger)));
    say_line(&text::breaker(&host.budget().breaker().await?));

    heading("4. A component is dropped in, while the host runs");
    let before = Instant::now();
    drop_in(&host.plugins().folder(), "headline.wasm", jackfield_embedded::HEADLINE)?;
    serving(host, "headline").await?;
    say_line(&format!(
        "{} -> serving after {} ms, no restart",
        host.plugins().folder().join("headline.wasm").display(),
        before.elapsed().as_millis()
    ));

    heading("5. The same question again, answered by the new component");
    let second = say_answer(false, host.runs().answer(first.run_id, None).await?);
    if json {
        let steps = serde_json::json!({ "first": first, "second": second });
        say_line(&steps.to_string());
    }
    say_line(
        "\nNext: `jackfield doctor` says which agents are ready; `jackfield serve` opens MCP, REST and the dashboard.",
    );
    let changed = first.state == RunState::Succeeded && first.text != second.text;
    Ok(if changed { Outcome::Fine } else { Outcome::Failed })
}

fn heading(text: &str) {
    say_line(&format!("\n── {text}\n"));
}

async fn execute(host: &Host, repository: &Path) -> Result<Answer, Problem> {
    let teller = Teller::new(false);
    let request = ExecuteRequest {
        executor: Some("shell".into()),
        workspace: Some(repository.to_string_lossy().into_owned()),
        task_type: Some("feature".into()),
        ..ExecuteRequest::new(TASK)
    };
    let run = host.runs().dispatch(request).await?;
    let ended = host.runs().watch(run, Duration::from_secs(60), |event| teller.tell(event)).await;
    teller.done();
    ended?;
    host.runs().answer(run, None).await
}

/// As an operator should: written beside, renamed into place.
fn drop_in(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Problem> {
    let beside = folder.join(format!(".{name}.part"));
    std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, folder.join(name))).map_err(
        |error| {
            Problem::operator(
                ErrorCode::PluginFolder,
                format!("cannot write to {}: {error}", folder.display()),
                "check its permissions",
            )
        },
    )
}

async fn serving(host: &Host, name: &str) -> Result<(), Problem> {
    let patience = Instant::now() + PATIENCE;
    loop {
        let found = host.plugins().list().into_iter().find(|plugin| plugin.name.as_deref() == Some(name));
        match found {
            Some(plugin) if plugin.state == jackfield_plugins::State::Serving => return Ok(()),
            _ if Instant::now() > patience => {
                return Err(Problem::operator(
                    ErrorCode::NotServing,
                    format!("the component {name} did not come into service"),
                    "`jackfield plugin check FILE` says why a file is not taken",
                ));
            }
            _ => sleep(Duration::from_millis(2)).await,
        }
    }
}

/// A folder of the demo's own, gone when it ends unless it is to be kept.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    fn make(keep: bool) -> Result<Self, Problem> {
        let path = std::env::temp_dir().join(format!("jackfield-demo-{}", jackfield_types::RunId::new()));
        jackfield_files::private_folder(&path).map_err(|error| {
            Problem::operator(
                ErrorCode::NoTempFolder,
                format!("cannot make {}: {error}", path.display()),
                "set TMPDIR to a folder that can be written",
            )
        })?;
        Ok(Self { path, keep })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
