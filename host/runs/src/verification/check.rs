//! Acceptance checks: commands that must succeed in the worktree when the agent says that it is done.
//!
//! They run after the work is captured, so that nothing they leave behind is taken for the agent's, and as
//! processes on record, so that a host that is killed leaves none of them.

use crate::execution::completion::Completion;
use crate::execution::ended::{Ended, file_limit, is_ended_by_file_limit, is_file_limit_told};
use crate::execution::processes::Processes;
use crate::execution::running::Running;
use crate::verification::gates::Gates;
use jackfield_api::Check;
use jackfield_core::files::{Files, tail};
use jackfield_core::secrets::Redaction;
use jackfield_core::settings::Settings;
use jackfield_process::{Environment, Exited, Grace, Spec, base_environment};
use jackfield_store::{CheckResult, Store};
use jackfield_types::clip;
use jackfield_types::{AttemptId, Failure, FailureClass, Process, Verified};
use jackfield_workspace::{Bounds, Worktree, Worktrees};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{interval, sleep_until};

/// How often the memory and the files of a check are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How much of what a check printed is kept, bytes: the end, where test programs say what failed.
const KEPT: u64 = 4 << 10;

/// Runs acceptance checks.
pub struct Checks {
    pub(crate) store: Store,
    pub(crate) worktrees: Worktrees,
    pub(crate) environment: Arc<Environment>,
    pub(crate) lease: Option<PathBuf>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) redaction: Arc<Redaction>,
    pub(crate) gates: Arc<Gates>,
    pub(crate) processes: Arc<Processes>,
}

impl Checks {
    /// Runs the checks and asks the gates of the task, if the agent's work is done. What an earlier host found stands.
    pub(crate) async fn verify(
        &self,
        run: &Running,
        attempt: AttemptId,
        files: &Files,
        worktree: &Worktree,
        ended: &mut Ended,
    ) -> Completion {
        let (checks, gates) = (&run.order.request.checks, &run.order.gates);
        if (checks.is_empty() && gates.is_empty())
            || ended.outcome.process != Process::Exited
            || ended.outcome.failure.is_some()
        {
            return Completion::Done(());
        }
        let known = self.store.runs().attempt(attempt).await.ok().and_then(|attempt| attempt.checks);
        let mut results = match known {
            Some(results) => results,
            None if checks.is_empty() => Vec::new(),
            None => {
                let mut results = Vec::new();
                for (number, check) in checks.iter().enumerate() {
                    if !run.is_handed_over() {
                        results.push(self.run_check(run, attempt, files, worktree, number, check).await);
                    }
                    if run.cancel.is_cancelled() {
                        ended.outcome.process = Process::Killed;
                        ended.outcome.failure = Some(run.cancelled());
                        return Completion::Done(());
                    }
                    if run.is_handed_over() {
                        self.clear_up(run, worktree, ended).await;
                        return Completion::HandedOver;
                    }
                }
                self.record_checks(run, attempt, &results).await;
                results
            }
        };
        if !checks.is_empty() {
            self.clear_up(run, worktree, ended).await;
        }
        let mut broken = None;
        if !gates.is_empty() && !results.iter().any(|result| result.gate.is_some()) {
            let ruled = self.gates.gates(run, attempt, worktree, ended, &results).await;
            results.extend(ruled.results);
            broken = ruled.broken;
            self.record_checks(run, attempt, &results).await;
        }
        ended.outcome.verified = verified(&results);
        ended.outcome.failure = broken.or_else(|| failure(&results));
        ended.checks = results;
        Completion::Done(())
    }

    /// What the checks left in the worktree goes: it is not the agent's.
    async fn clear_up(&self, run: &Running, worktree: &Worktree, ended: &Ended) {
        let Some(head) = &ended.head else { return };
        let until = tokio::time::Instant::now() + crate::execution::ended::SAVING;
        let bounds = Bounds::new(until, Some(self.settings.config().run.max_file_mb << 20));
        if let Err(error) = bounds.hold(self.worktrees.restore(worktree, head)).await {
            tracing::warn!(run = %run.id, %error, "what the checks left is committed with the work");
        }
    }

    async fn record_checks(&self, run: &Running, attempt: AttemptId, results: &[CheckResult]) {
        if let Err(error) = self.store.held(run.hold).checks_done(attempt, results).await {
            tracing::error!(run = %run.id, %error, "what the checks came to is not on record yet");
        }
    }

    async fn run_check(
        &self,
        run: &Running,
        attempt: AttemptId,
        files: &Files,
        worktree: &Worktree,
        number: usize,
        check: &Check,
    ) -> CheckResult {
        let began = Instant::now();
        let redactor = self.redaction.redactor();
        let output = files.check(number);
        let limit = check.timeout_s.map_or(run.order.timeout, Duration::from_secs);
        let outcome = self.check_process(run, attempt, files, worktree, check, &output, limit).await;
        let (passed, code, said) = match outcome {
            Ok(Ending { exited, timed_out: false }) => {
                let limited = is_ended_by_file_limit(exited)
                    || (!exited.is_success() && is_file_limit_told(&tail(&output, KEPT, &redactor)));
                let said = limited.then(|| file_limit(self.settings.config().run.max_file_mb));
                (exited.is_success(), exited.code, said)
            }
            Ok(Ending { exited, timed_out: true }) => {
                let said = format!("it was not done after {} s and was ended", limit.as_secs());
                (false, exited.code, Some(said))
            }
            Err(why) => (false, None, Some(why)),
        };
        let printed = tail(&output, KEPT, &redactor);
        let said = said.map(|said| redactor.text(&said));
        let output = [printed.trim(), said.as_deref().unwrap_or_default()].join("\n").trim().to_owned();
        CheckResult {
            name: check.name.clone().unwrap_or_else(|| clip(&check.command, 80)),
            command: check.command.clone(),
            gate: None,
            passed,
            code,
            output,
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    #[allow(clippy::too_many_arguments)] // one process
    async fn check_process(
        &self,
        run: &Running,
        attempt: AttemptId,
        files: &Files,
        worktree: &Worktree,
        check: &Check,
        output: &Path,
        limit: Duration,
    ) -> Result<Ending, String> {
        let deadline = tokio::time::Instant::now() + limit;
        let mut lease = self.processes.agent_lease(&output.with_extension("lease"), deadline);
        if let Some(lease) = &mut lease {
            lease.renew().map_err(|error| error.to_string())?;
        }
        let mut environment = base_environment(&self.environment, &files.temporary);
        environment.extend(worktree.environment());
        let spec = Spec {
            argv: ["sh", "-c", &check.command].map(Into::into).to_vec(),
            environment,
            cwd: worktree.cwd.clone(),
            stdin: None,
            stdout: output.to_owned(),
            stderr: output.to_owned(),
            status: output.with_extension("status"),
            tag: format!("{attempt}-check"),
            limits: self.processes.process_limits(),
            tree: self.processes.tree_limits(),
            lease: lease.as_ref().map(|lease| lease.file().to_owned()).or_else(|| self.lease.clone()),
        };
        let said = |error: jackfield_process::ProcessError| error.to_string();
        let held = self.processes.launcher().await.map_err(said)?.prepare(spec).map_err(said)?;
        let identity = serde_json::to_value(held.identity()).ok();
        self.store.held(run.hold).check_runs(attempt, identity).await.map_err(|error| error.to_string())?;
        let mut running = held.release().map_err(said)?;
        let grace = Duration::from_secs(self.settings.config().run.grace_s);
        let grace = Grace { interrupt: grace, terminate: grace };
        let mut look = interval(LOOK);
        let timed_out = loop {
            tokio::select! {
                biased;
                () = run.stopped() => break false,
                exited = running.wait() => return Ok(Ending { exited: exited.map_err(said)?, timed_out: false }),
                () = sleep_until(deadline) => break true,
                _ = look.tick() => if let Some(lease) = &mut lease { lease.renew_if_due() },
            }
        };
        let ended = running.end(grace).await.map_err(said)?;
        Ok(Ending { exited: ended.exited, timed_out })
    }
}

/// How a check's process ended.
struct Ending {
    exited: Exited,
    timed_out: bool,
}

fn verified(results: &[CheckResult]) -> Verified {
    if results.iter().all(|check| check.passed) { Verified::Passed } else { Verified::Failed }
}

fn failure(results: &[CheckResult]) -> Option<Failure> {
    let failed: Vec<_> = results.iter().filter(|check| !check.passed).collect();
    let first = failed.first()?;
    // What a gate says is why; what a command printed is too long for a message.
    let named = |check: &&CheckResult| match &check.gate {
        Some(_) => format!("{} ({})", check.name, clip(check.output.trim(), 300)),
        None => check.name.clone(),
    };
    let names: Vec<_> = failed.iter().map(named).collect();
    let what = if results.iter().all(|check| check.gate.is_some()) { "gates" } else { "checks" };
    let message =
        format!("{} of {} {what} failed: {}", failed.len(), results.len(), clip(&names.join(", "), 600));
    if first.gate.is_some() {
        let remedy = "the explanation of the run shows what each gate looked at";
        return Some(Failure::new(FailureClass::TestFail, message).with_remedy(remedy));
    }
    Some(Failure::new(FailureClass::TestFail, message).with_remedy(format!(
        "look at what `{}` printed: the explanation of the run shows it",
        clip(&first.command, 80)
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, passed: bool) -> CheckResult {
        CheckResult {
            name: name.into(),
            command: name.into(),
            gate: None,
            passed,
            code: Some(i32::from(!passed)),
            output: String::new(),
            took_ms: 1,
        }
    }

    #[test]
    fn one_check_that_fails_is_enough_and_is_named() {
        let good = [check("build", true), check("test", true)];
        assert_eq!((verified(&good), failure(&good)), (Verified::Passed, None));
        let bad = [check("build", true), check("test", false)];
        assert_eq!(verified(&bad), Verified::Failed);
        let failure = failure(&bad).unwrap();
        assert_eq!(failure.class, FailureClass::TestFail);
        assert_eq!(failure.message, "1 of 2 checks failed: test");
        let mut gate = check("file_exists", false);
        gate.gate = Some("file_exists".into());
        gate.output = "no file matches LICENSE".into();
        let message = super::failure(&[check("build", true), gate.clone()]).unwrap().message;
        assert_eq!(message, "1 of 2 checks failed: file_exists (no file matches LICENSE)");
        assert!(super::failure(&[gate]).unwrap().message.starts_with("1 of 1 gates failed"));
    }
}
