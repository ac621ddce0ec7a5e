//! Quick commands that may start programs which are not the host's.

use crate::namespace;
use crate::quick::{program, run};
use crate::{ProcessError, Quick, QuickSpec};
use std::future::Future;

/// As [`run_quick`](crate::run_quick), for a command that may start programs which are not the host's: in a PID
/// namespace of its own where the machine allows that, so that nothing it starts outlives it and nothing of it
/// sees the environment of the host; without core dumps, and writing no file larger than `file_size` bytes. It is
/// ended as by its time-out when `enough` completes.
///
/// # Errors
/// As [`run_quick`](crate::run_quick), and [`ProcessError::NoTool`] where there is no `sh`.
pub async fn run_contained(
    spec: QuickSpec,
    file_size: Option<u64>,
    enough: impl Future<Output = ()>,
) -> Result<Quick, ProcessError> {
    let program = program(&spec)?;
    let line = namespace::line(&program, file_size).await?;
    run(spec, line, enough).await
}
