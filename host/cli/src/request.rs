//! What was typed, as a request to the host.

use super::run_args::RunArgs;
use jackfield_api::{Access, Check, Complexity, ExecuteRequest, Expect};
use jackfield_config::is_repo;
use jackfield_types::{ErrorCode, Problem};
use std::io::Read;
use std::path::Path;

/// A day: as long as anything may take.
pub(super) const DAY: u64 = 24 * 60 * 60;

/// `run`, as typed, to a request.
pub(super) fn request(arguments: &RunArgs) -> Result<ExecuteRequest, Problem> {
    Ok(ExecuteRequest {
        workspace: Some(workspace(&arguments.workspace)),
        executor: arguments.executor.clone(),
        model: arguments.model.clone(),
        task_type: arguments.task_type.clone(),
        complexity: arguments.complexity.clone().map(Complexity::Word),
        expect: expect(arguments.expect.as_deref())?,
        access: arguments.read_only.then_some(Access::Read),
        verbosity: arguments.verbosity.clone(),
        base: arguments.base.clone(),
        max_cost_usd: arguments.max_cost,
        timeout_s: arguments.timeout,
        wait_s: Some(DAY),
        idempotency_key: arguments.idempotency_key.clone(),
        checks: arguments
            .checks
            .iter()
            .map(|command| Check { command: command.clone(), ..Check::default() })
            .collect(),
        gates: arguments.gates.clone(),
        max_attempts: arguments.max_attempts,
        priority: arguments.priority,
        ..ExecuteRequest::new(instruction(&arguments.instruction)?)
    })
}

/// A workspace, as typed, to what a host takes.
pub(super) fn workspace(given: &str) -> String {
    let workspace = Path::new(given);
    // What is no folder here may be the name of a configured workspace, or its owner/name.
    match workspace.canonicalize() {
        Ok(path) => path.to_string_lossy().into_owned(),
        Err(_) if given.contains('/') && !is_repo(given) => std::path::absolute(workspace)
            .unwrap_or_else(|_| workspace.to_owned())
            .to_string_lossy()
            .into_owned(),
        Err(_) => given.to_owned(),
    }
}

pub(super) fn instruction(given: &str) -> Result<String, Problem> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text).map_err(|error| {
        Problem::caller(
            ErrorCode::UnreadableInput,
            format!("failed to read standard input: {error}"),
            "send UTF-8 text",
        )
    })?;
    Ok(text)
}

pub(super) fn expect(given: Option<&str>) -> Result<Option<Expect>, Problem> {
    match given {
        None => Ok(None),
        Some("change") => Ok(Some(Expect::Change)),
        Some("answer") => Ok(Some(Expect::Answer)),
        Some(other) => Err(Problem::caller(
            ErrorCode::BadExpect,
            format!("--expect is '{other}'"),
            "use change or answer",
        )),
    }
}
