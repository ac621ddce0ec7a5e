//! The default length: a flowchart that a person can look at and a model can read, from outcome
//! to files to cost and where to read more.

use crate::facts::{DeliveredAxis, Report, State};
use crate::figures::{cost, counted, wall};
use crate::files::files;
use crate::label::label;
use crate::outcome::{failed_checks, headline};
use crate::page::read_more;
use crate::visible;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

const FILES: usize = 4;
const PATH_BYTES: usize = 48;
/// Most bytes of one line of a label; what goes into one is cut shorter before.
const LINE_BYTES: usize = 160;

/// The report as a flowchart.
pub(crate) fn mermaid(report: &Report) -> String {
    let facts = vec![format!("{}, {}", cost(report), wall(report.wall)), read_more(report)];
    format!(
        "flowchart LR\na[{}]-->b[{}]-->c[{}]",
        label(&what_happened(report), LINE_BYTES),
        label(&files(report, FILES, PATH_BYTES), LINE_BYTES),
        label(&facts, LINE_BYTES),
    )
}

fn what_happened(report: &Report) -> Vec<String> {
    let mut lines = vec![headline(report)];
    if let Some(failure) = &report.failure {
        lines.push(visible::line(&failure.message, 96));
        if let Some(remedy) = &failure.remedy {
            lines.push(format!("do: {}", visible::line(remedy, 96)));
        }
    }
    // A failure that names the checks says it all.
    let is_told = |failure: &crate::facts::Failure| {
        report.checks.iter().filter(|check| !check.passed).all(|check| failure.message.contains(&check.name))
    };
    if !report.failure.as_ref().is_some_and(is_told) {
        lines.extend(failed_checks(report));
    }
    if !report.warnings.is_empty() {
        lines.push(counted(report.warnings.len(), "warning"));
    }
    // Where nothing was changed the answer is all there is.
    if report.state == State::Succeeded && report.delivered == DeliveredAxis::Nothing {
        let answer = visible::first_line(&report.answer, 48);
        lines.extend((!answer.is_empty()).then_some(answer));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::ChangeKind;
    use crate::sample::{RUN, failed, file, report};

    #[test]
    fn a_small_change_is_three_boxes() {
        assert_eq!(
            mermaid(&report()),
            format!(
                "flowchart LR\na[\"claude succeeded, not checked\"]-->b[\"src/lib.rs +12 -3\"]\
                 -->c[\"$0.0056, 12s<br>run://{RUN}/log\"]"
            )
        );
    }

    #[test]
    fn a_failure_shows_its_class_and_what_to_do() {
        let told = mermaid(&failed());
        for part in [
            "claude failed: auth_failure<br>Invalid API key<br>do: run claude and log in with /login",
            "no files changed",
            "cost unknown",
            RUN,
        ] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn many_files_are_folded() {
        let mut report = report();
        report.files = (0..16).map(|n| file(&format!("src/{n}.rs"), ChangeKind::Added, 1, 0)).collect();
        let told = mermaid(&report);
        assert!(told.contains("new src/3.rs +1<br>+12 more\"]"), "{told}");
        assert!(!told.contains("src/4.rs"), "{told}");
    }

    #[test]
    fn where_nothing_changed_the_answer_is_told() {
        let report = Report {
            delivered: DeliveredAxis::Nothing,
            files: Vec::new(),
            answer: "\n42\nbecause".into(),
            ..report()
        };
        let told = mermaid(&report);
        assert!(
            told.contains("claude succeeded, answer only, not checked<br>42\"]-->b[\"no files changed\"]"),
            "{told}"
        );
    }
}
