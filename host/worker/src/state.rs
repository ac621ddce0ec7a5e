//! What a worker keeps across its restarts: who it is, and whom it works for.

use jackfield_files::write_private;
use jackfield_types::{ErrorCode, Operation, Problem, WorkerId};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::Path;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    worker: WorkerId,
    host: String,
}

/// The worker that this data folder belongs to; a new one where it is fresh. One folder works for one host.
pub(crate) fn worker(data: &Path, host: &str) -> Result<WorkerId, Problem> {
    let file = data.join("worker.json");
    let failed = |why: String| {
        Problem::operator(
            ErrorCode::WorkerFolder,
            format!("{} cannot be used: {why}", file.display()),
            "name another data folder",
        )
        .with(Operation::ChooseDataFolder)
    };
    let host = host.trim_end_matches('/');
    match std::fs::read(&file) {
        Ok(bytes) => {
            let kept: Kept = serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))?;
            if kept.host != host {
                return Err(failed(format!("it belongs to the worker of {}", kept.host)));
            }
            Ok(kept.worker)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let kept = Kept { worker: WorkerId::new(), host: host.to_owned() };
            let text = serde_json::to_vec_pretty(&kept).map_err(|error| failed(error.to_string()))?;
            write_private(&file, &text).map_err(|error| failed(error.to_string()))?;
            Ok(kept.worker)
        }
        Err(error) => Err(failed(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worker_folder_of_another_host_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let first = worker(folder.path(), "http://a:1").unwrap();
        assert_eq!(worker(folder.path(), "http://a:1/").unwrap(), first);
        let problem = worker(folder.path(), "http://b:1").unwrap_err();
        assert_eq!(problem.remedy, "name another data folder");
        assert!(problem.message.contains("http://a:1"), "{problem}");
    }
}
