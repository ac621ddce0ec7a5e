//! Whether a result can win at all, from what the host knows of it.

use crate::facts::{Check, DeliveredAxis, ProcessAxis, Report, State, VerifiedAxis};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use jackfield_sdk::visible;

/// Longest quotation of somebody else's words, bytes.
const QUOTED: usize = 100;

/// Why it cannot win, in words that follow its name; none where it can. `changed`: its diff says
/// that it changed something.
pub(crate) fn fault(report: &Report, changed: bool) -> Option<String> {
    if report.state == State::Cancelled {
        return Some(String::from("was cancelled"));
    }
    if let Some(checks) = failed_checks(report) {
        return Some(checks);
    }
    // A run whose results are compared may be on its way still.
    let ended_well = report.state == State::Succeeded || report.process == ProcessAxis::Exited;
    if report.state == State::Failed || report.failure.is_some() || !ended_well {
        return Some(match &report.failure {
            Some(failure) => match visible::first_line(&failure.message, QUOTED) {
                nothing if nothing.is_empty() => String::from("failed"),
                why => format!("failed ({})", why.trim_end_matches('.')),
            },
            None => String::from(ended(report.process)),
        });
    }
    let delivered = changed || report.delivered != DeliveredAxis::Nothing;
    (!delivered && report.answer.trim().is_empty()).then(|| String::from("delivered nothing"))
}

/// Checks passed, as far as the host says so.
pub(crate) fn passed(report: &Report) -> bool {
    report.verified == VerifiedAxis::Passed
}

/// A check may fail where it is not required, which the host says by what it makes of all of them.
fn failed_checks(report: &Report) -> Option<String> {
    let failed: Vec<&Check> = report.checks.iter().filter(|check| !check.passed).collect();
    let fails = match report.verified {
        VerifiedAxis::Passed => false,
        VerifiedAxis::Failed => true,
        VerifiedAxis::NotRun => !failed.is_empty(),
    };
    let name = failed.first().map(|check| visible::line(&check.name, 40)).filter(|name| !name.is_empty());
    fails.then(|| match (name, failed.len()) {
        (Some(name), 1) => format!("failed its check {name}"),
        (Some(name), many) => format!("failed {many} checks, {name} among them"),
        (None, _) => String::from("failed its checks"),
    })
}

const fn ended(process: ProcessAxis) -> &'static str {
    match process {
        ProcessAxis::Exited | ProcessAxis::Failed => "failed",
        ProcessAxis::TimedOut => "took too long",
        ProcessAxis::Killed => "was killed",
        ProcessAxis::Lost => "was lost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::FailureClass;
    use crate::sample::{check, failure, report};

    #[test]
    fn who_failed_or_whose_checks_failed_cannot_win() {
        let cases: [(Report, &str); 9] = [
            (Report { state: State::Cancelled, ..report() }, "was cancelled"),
            (Report { state: State::Failed, process: ProcessAxis::TimedOut, ..report() }, "took too long"),
            (Report { state: State::Running, process: ProcessAxis::Lost, ..report() }, "was lost"),
            (
                Report {
                    failure: Some(failure(FailureClass::AuthFailure, "Invalid key.\nmore")),
                    ..report()
                },
                "failed (Invalid key)",
            ),
            (Report { failure: Some(failure(FailureClass::Unknown, "")), ..report() }, "failed"),
            (Report { verified: VerifiedAxis::Failed, ..report() }, "failed its checks"),
            (
                Report { verified: VerifiedAxis::Failed, checks: vec![check("test", false)], ..report() },
                "failed its check test",
            ),
            (
                Report { checks: vec![check("a", true), check("b", false), check("c", false)], ..report() },
                "failed 2 checks, b among them",
            ),
            (
                Report { delivered: DeliveredAxis::Nothing, answer: " \n".to_owned(), ..report() },
                "delivered nothing",
            ),
        ];
        for (report, expected) in cases {
            assert_eq!(fault(&report, false).as_deref(), Some(expected));
        }
    }

    #[test]
    fn who_did_the_work_can_win() {
        let advisory = vec![check("style", false)];
        for report in [
            report(),
            Report { verified: VerifiedAxis::Passed, checks: advisory, ..report() },
            Report { state: State::Running, ..report() },
            Report { delivered: DeliveredAxis::Nothing, answer: "Yes.".to_owned(), ..report() },
            Report { delivered: DeliveredAxis::Artifact, answer: String::new(), ..report() },
        ] {
            assert_eq!(fault(&report, false), None);
        }
        let silent = Report { delivered: DeliveredAxis::Nothing, answer: String::new(), ..report() };
        assert_eq!(fault(&silent, true), None, "its diff speaks for it");
    }
}
