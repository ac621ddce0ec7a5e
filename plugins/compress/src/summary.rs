//! The shortest length: what, why or answer, and where to read more; one to three lines.

use crate::facts::Report;
use crate::figures::{cost, wall};
use crate::files::files;
use crate::outcome::{failed_checks, headline};
use crate::page::read_more;
use crate::visible;
use alloc::format;
use alloc::string::String;

/// The report in one to three lines.
pub(crate) fn summary(report: &Report) -> String {
    let files = files(report, 1, 48).join(", ");
    let mut out = format!("{}: {files}; {}, {}", headline(report), cost(report), wall(report.wall));
    if let Some(said) = said(report) {
        out.push('\n');
        out.push_str(&said);
    }
    out.push('\n');
    out.push_str(&read_more(report));
    out
}

/// Why it failed and what to do, else which checks failed, else what the agent answered.
fn said(report: &Report) -> Option<String> {
    if let Some(failure) = &report.failure {
        let message = visible::line(&failure.message, 120);
        return Some(match &failure.remedy {
            Some(remedy) => format!("{message}; do: {}", visible::line(remedy, 120)),
            None => message,
        });
    }
    failed_checks(report).or_else(|| {
        let answer = visible::first_line(&report.answer, 160);
        (!answer.is_empty()).then_some(answer)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::ChangeKind;
    use crate::sample::{RUN, failed, file, report};

    #[test]
    fn three_lines_say_what_the_answer_and_where() {
        let mut report = report();
        report.files.push(file("b.rs", ChangeKind::Added, 1, 0));
        assert_eq!(
            summary(&report),
            format!(
                "claude succeeded, not checked: src/lib.rs +12 -3, +1 more; $0.0056, 12s\n\
                 I added a greeting to src/lib.rs.\nrun://{RUN}/log"
            )
        );
    }

    #[test]
    fn a_failure_says_why_and_what_to_do() {
        let told = summary(&failed());
        assert!(
            told.starts_with("claude failed: auth_failure: no files changed; cost unknown, 12s\n"),
            "{told}"
        );
        assert!(told.contains("Invalid API key; do: run claude and log in with /login"), "{told}");
    }
}
