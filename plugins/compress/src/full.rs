//! Everything in the report, the host's facts first; only what no reader could use is cut.

use crate::facts::Report;
use crate::files::files;
use crate::level::Level;
use crate::page::Page;
use crate::standard::{Most, body, head};
use crate::visible;
use alloc::format;

const FILES: usize = 500;
const STEPS: usize = 2_000;
const INSTRUCTION_BYTES: usize = 64 << 10;

/// The whole report.
pub(crate) fn full(report: &Report) -> alloc::string::String {
    let mut page = Page::new(report, Level::Full.most_bytes());
    head(&mut page, report);
    page.line(&format!("Task {}, run {}", visible::line(&report.task, 40), visible::line(&report.run, 40)));
    page.line(&format!("Workspace: {}", visible::line(&report.workspace, 200)));
    if !report.reason.is_empty() {
        page.line(&format!("Chosen: {}", visible::line(&report.reason, 1_000)));
    }
    page.list("Files", 1, FILES + 1, files(report, FILES, 1_000).into_iter());
    body(&mut page, report, &Most { checks: 200, warnings: 200, links: 100, line: 1_000 });
    let steps = report.steps.iter().map(|step| visible::line(step, 500));
    page.list("Steps", report.steps.len(), STEPS, steps);
    page.words("Instruction", &report.instruction, INSTRUCTION_BYTES);
    page.words("Answer", &report.answer, Level::Full.most_bytes());
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{RUN, check, report};

    #[test]
    fn everything_is_there() {
        let mut report = report();
        report.checks = vec![check("cargo test", true)];
        report.warnings = vec!["the branch is behind".to_owned()];
        let told = full(&report);
        let parts = [
            "claude succeeded",
            RUN,
            &report.task,
            "demo",
            "because it is feature work",
            "src/lib.rs +12 -3",
            "passed cargo test",
            "the branch is behind",
            "edited src/lib.rs",
            "say hello in src/lib.rs",
            "I added a greeting",
        ];
        for part in parts {
            assert!(told.contains(part), "{part} is missing:\n{told}");
        }
    }
}
