//! What became of the run, in words that claim no more than the three axes do.

use crate::facts::{DeliveredAxis, FailureClass, ProcessAxis, Report, State, VerifiedAxis};
use crate::visible;
use alloc::format;
use alloc::string::String;

/// How the host's warning of a run that waits for an answer begins.
const WAITING: &str = "waits for a person";

/// `succeeded, checks passed`; `succeeded, answer only, not checked`; `failed: test_fail`.
pub(crate) fn outcome(report: &Report) -> String {
    match report.state {
        State::Queued => String::from("queued"),
        // The contract's states are older than waiting: the host says it as a warning.
        State::Running if report.warnings.iter().any(|warning| warning.starts_with(WAITING)) => {
            String::from("waiting for a person")
        }
        State::Running => String::from("running"),
        State::Cancelled => String::from("cancelled"),
        State::Failed => match &report.failure {
            Some(failure) => format!("failed: {}", class(failure.class)),
            None => format!("failed: {}", ended(report.process).unwrap_or("no reason given")),
        },
        State::Succeeded => {
            // Words alone are an answer, whatever they say was done.
            let what = match report.delivered {
                DeliveredAxis::Nothing => "succeeded, answer only",
                DeliveredAxis::Diff | DeliveredAxis::Artifact => "succeeded",
            };
            let checked = match report.verified {
                VerifiedAxis::NotRun => "not checked",
                VerifiedAxis::Passed => "checks passed",
                VerifiedAxis::Failed => "but checks FAILED",
            };
            match ended(report.process) {
                Some(ended) => format!("{what}, {checked}, though {ended}"),
                None => format!("{what}, {checked}"),
            }
        }
    }
}

/// The outcome with who it was: `claude succeeded, not checked, 3 attempts`.
pub(crate) fn headline(report: &Report) -> String {
    let attempts = match report.attempts {
        0 | 1 => String::new(),
        many => format!(", {many} attempts"),
    };
    format!("{} {}{attempts}", executor(report), outcome(report))
}

/// Who did it.
pub(crate) fn executor(report: &Report) -> String {
    match visible::line(&report.executor, 32) {
        none if none.is_empty() => String::from("agent"),
        named => named,
    }
}

/// The names of failed checks: `2 of 5 checks failed: cargo test, clippy`; none where none did.
pub(crate) fn failed_checks(report: &Report) -> Option<String> {
    const NAMED: usize = 2;
    let failed = report.checks.iter().filter(|check| !check.passed).count();
    if failed == 0 {
        return None;
    }
    let mut out = format!("{failed} of {} checks failed: ", report.checks.len());
    for (place, check) in report.checks.iter().filter(|check| !check.passed).take(NAMED).enumerate() {
        if place > 0 {
            out.push_str(", ");
        }
        out.push_str(&visible::line(&check.name, 40));
    }
    if failed > NAMED {
        out.push_str(", …");
    }
    Some(out)
}

fn ended(process: ProcessAxis) -> Option<&'static str> {
    match process {
        ProcessAxis::Exited => None,
        ProcessAxis::Failed => Some("the agent failed"),
        ProcessAxis::TimedOut => Some("it took too long"),
        ProcessAxis::Killed => Some("it was killed"),
        ProcessAxis::Lost => Some("it was lost"),
    }
}

/// As stored and shown everywhere else.
pub(crate) fn class(class: FailureClass) -> &'static str {
    use FailureClass as F;
    match class {
        F::TestFail => "test_fail",
        F::WrongFile => "wrong_file",
        F::Refused => "refused",
        F::Unknown => "unknown",
        F::AuthFailure => "auth_failure",
        F::NoCredit => "no_credit",
        F::Timeout => "timeout",
        F::SyntaxError => "syntax_error",
        F::Network => "network",
        F::UnknownModel => "unknown_model",
        F::Denied => "denied",
        F::NoProgram => "no_program",
        F::Killed => "killed",
        F::Lost => "lost",
        F::RateLimited => "rate_limited",
        F::Overloaded => "overloaded",
        F::ContextOverflow => "context_overflow",
        F::Budget => "budget",
        F::Cancelled => "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{check, report};

    #[test]
    fn no_cell_of_the_table_claims_more_than_it_holds() {
        use {DeliveredAxis as D, ProcessAxis as P, VerifiedAxis as V};
        for process in [P::Exited, P::Failed, P::TimedOut, P::Killed, P::Lost] {
            for delivered in [D::Nothing, D::Diff, D::Artifact] {
                for verified in [V::NotRun, V::Passed, V::Failed] {
                    let told = outcome(&Report { process, delivered, verified, ..report() });
                    assert_eq!(told.contains("answer only"), delivered == D::Nothing, "{told}");
                    assert_eq!(told.contains("checks passed"), verified == V::Passed, "{told}");
                    assert_eq!(told.contains("not checked"), verified == V::NotRun, "{told}");
                    assert_eq!(told.contains("though"), process != P::Exited, "{told}");
                }
            }
        }
    }

    #[test]
    fn a_run_that_waits_for_a_person_is_not_told_as_running() {
        let mut report = Report { state: State::Running, ..report() };
        assert_eq!(outcome(&report), "running");
        report.warnings = vec!["waits for a person: a human task has the question".into()];
        assert_eq!(outcome(&report), "waiting for a person");
    }

    #[test]
    fn a_failure_without_a_reason_is_still_a_failure() {
        let report = Report { state: State::Failed, process: ProcessAxis::Lost, ..report() };
        assert_eq!(outcome(&report), "failed: it was lost");
    }

    #[test]
    fn failed_checks_are_named_and_the_rest_counted() {
        let mut report = report();
        assert_eq!(failed_checks(&report), None);
        report.checks =
            vec![check("fmt", true), check("test", false), check("clippy", false), check("doc", false)];
        assert_eq!(failed_checks(&report).unwrap(), "3 of 4 checks failed: test, clippy, …");
    }
}
