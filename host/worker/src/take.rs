//! Taking a round in: the commit to begin from is fetched, and the round goes onto the worker's own records.

use super::coordinator_client::{PAUSE, Trouble};
use super::worker::Worker;
use jackfield::leased_runs::refused;
use jackfield_api::remote::{Assignment, RoundResult};
use jackfield_types::{ErrorCode, Problem, RunId};
use jackfield_workspace::{bring_copy, copy_stands_at};
use std::path::PathBuf;
use tokio::time::sleep;

/// Accepts a round. Returns its run in the worker's own records; a round that cannot be executed here is returned to the
/// host with the reason.
pub(crate) async fn take_in(worker: &Worker, assignment: Assignment) -> Option<RunId> {
    let attempts: Vec<_> = assignment.attempts.iter().map(|attempt| attempt.id).collect();
    let run = assignment.run;
    match taken(worker, assignment).await {
        Ok(local) => {
            tracing::info!(%run, "a round was taken in");
            worker.add_round(local, attempts);
            return Some(local);
        }
        // The host gives it again.
        Err(Trouble::Passing(why)) => {
            tracing::warn!(%run, "a round cannot be taken in now: {why}");
            sleep(PAUSE).await;
        }
        Err(Trouble::Refused(problem)) => {
            tracing::error!(%run, "a round cannot be made here: {problem}");
            let attempts = attempts.iter().map(|attempt| refused(*attempt, &problem)).collect();
            let over = RoundResult { worker: worker.id, attempts };
            if let Err(trouble) = worker.coordinator.over(&over, worker.patience()).await {
                tracing::warn!(%run, "the host does not know that yet: {trouble}");
                sleep(PAUSE).await;
            }
        }
    }
    None
}

async fn taken(worker: &Worker, assignment: Assignment) -> Result<RunId, Trouble> {
    let refuse = |error: &jackfield_workspace::WorkspaceError| Trouble::Refused(error.problem());
    let folder = copy_of(worker, &assignment);
    let known = copy_stands_at(&folder).await.map_err(|error| refuse(&error))?;
    let bundle = worker.host.remote_workers().temporary_file("source");
    let (commit, sent) = worker.coordinator.fetch(assignment.workspace, known.as_ref(), &bundle).await?;
    let brought = bring_copy(&folder, sent.then_some(&*bundle), &commit).await;
    let _ = std::fs::remove_file(&bundle);
    brought.map_err(|error| refuse(&error))?;
    let wanted = folder.join(&assignment.subpath);
    // A folder that holds nothing committed does not travel, and the work must begin somewhere.
    std::fs::create_dir_all(&wanted).map_err(|error| {
        let message = format!("{} cannot be made: {error}", wanted.display());
        Trouble::Refused(Problem::operator(ErrorCode::DataFolder, message, "check the worker's disk"))
    })?;
    worker.host.leased_runs().accept(assignment, &folder).await.map_err(Trouble::Refused)
}

/// Where the worker has its copy of a workspace; its name is for people.
fn copy_of(worker: &Worker, assignment: &Assignment) -> PathBuf {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = assignment.workspace_name.chars().filter(|c| plain(*c)).take(60).collect();
    let below = worker.host.data_folder().join("sources").join(assignment.workspace.to_string());
    below.join(if name.trim_matches('.').is_empty() { "workspace" } else { &name })
}
