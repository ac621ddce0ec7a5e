//! Dropped components are compiled in a process of their own: this program again, under limits, ended when it
//! takes too long.

use jackfield_plugins::{Apart, CompileLimits, Compiled, NotCompiled};
use jackfield_process::{Environment, Quick, QuickSpec, run_quick};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The command that does the work; see `doors/cli`.
pub(crate) const COMMAND: &str = "compile-component";

/// As long as one may take, whatever it does: longer than its time on the processor where cores are few.
const DEADLINE: Duration = Duration::from_secs(300);

/// What is kept of what it says.
const OUTPUT_BYTES: usize = 16 << 10;

/// SIGABRT, which ends a process that is refused memory, and SIGKILL and SIGXCPU, which end one at its limit
/// of time.
const ABORTED: i32 = 6;
const KILLED: i32 = 9;
const OVER_TIME: i32 = 24;

/// A program that knows [`COMMAND`].
pub(crate) struct OwnProcess {
    program: PathBuf,
    limits: CompileLimits,
}

impl OwnProcess {
    pub(crate) const fn new(program: PathBuf) -> Self {
        Self { program, limits: CompileLimits::GENEROUS }
    }

    fn line(&self, compiled: Compiled, code: &Path) -> Vec<OsString> {
        let mut line: Vec<OsString> = vec![self.program.clone().into(), COMMAND.into()];
        if compiled == Compiled::Baseline {
            line.push("--baseline".into());
        }
        for (name, value) in
            [("--memory-bytes", self.limits.memory_bytes), ("--cpu-seconds", self.limits.cpu_seconds)]
        {
            line.extend([name.into(), value.to_string().into()]);
        }
        line.extend(["--code".into(), code.into()]);
        line
    }

    /// What became of the process, in words for the component's author.
    fn came_to(&self, ended: &Quick) -> Result<(), NotCompiled> {
        if ended.is_success() {
            return Ok(());
        }
        let CompileLimits { memory_bytes, cpu_seconds } = self.limits;
        let exhausted = |what: String| Err(NotCompiled::Exhausted(format!("compiling it {what}")));
        if ended.timed_out {
            return exhausted(format!("took longer than {} s", DEADLINE.as_secs()));
        }
        match ended.signal {
            Some(OVER_TIME | KILLED) => exhausted(format!("took more than {cpu_seconds} s on the processor")),
            Some(ABORTED) => exhausted(format!("needed more than {} MiB of memory", memory_bytes >> 20)),
            Some(signal) => exhausted(format!("ended the compiler with signal {signal}")),
            None => Err(NotCompiled::Failed(String::from_utf8_lossy(&ended.stderr).trim().to_owned())),
        }
    }
}

impl Apart for OwnProcess {
    fn compile(&self, component: &[u8], compiled: Compiled, code: &Path) -> Result<(), NotCompiled> {
        let failed = |error: &dyn std::fmt::Display| {
            NotCompiled::Failed(format!("the compiler's process cannot be started: {error}"))
        };
        let spec = QuickSpec {
            argv: self.line(compiled, code),
            environment: Environment::new(),
            cwd: "/".into(),
            stdin: component.to_vec(),
            timeout: DEADLINE,
            output_cap: OUTPUT_BYTES,
        };
        // The host's own runtime may be shutting down while its background thread still compiles.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        let ended = runtime.block_on(run_quick(spec)).map_err(|error| failed(&error))?;
        tracing::debug!(?compiled, bytes = component.len(), "compiled in a process of its own");
        self.came_to(&ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(code: Option<i32>, signal: Option<i32>, timed_out: bool) -> Quick {
        let stderr = b"it is no component\n".to_vec();
        Quick { code, signal, stdout: Vec::new(), stderr, left_out: 0, timed_out }
    }

    #[test]
    fn compiler_ended_at_a_limit_is_distinguished_from_one_that_refused() {
        let process = OwnProcess::new("jackfield".into());
        let why = |quick: &Quick| process.came_to(quick).unwrap_err();
        assert_eq!(process.came_to(&ended(Some(0), None, false)), Ok(()));
        assert_eq!(why(&ended(Some(1), None, false)), NotCompiled::Failed("it is no component".to_owned()));
        for quick in [
            ended(None, Some(OVER_TIME), false),
            ended(None, Some(ABORTED), false),
            ended(None, Some(KILLED), true),
        ] {
            assert!(matches!(why(&quick), NotCompiled::Exhausted(_)), "{quick:?}");
        }
    }

    #[test]
    fn program_that_cannot_be_started_is_reported() {
        let process = OwnProcess::new("/nonexistent/jackfield".into());
        let failed = process.compile(b"", Compiled::Baseline, Path::new("/nonexistent/code")).unwrap_err();
        assert!(failed.to_string().contains("cannot be started"), "{failed}");
    }
}
