//! What the checks of `doctor` found, and how it is shown.

use crate::remedies::with_commands;
use jackfield_render::screen::{Screen, Tone};
use jackfield_types::Problem;
use serde::Serialize;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) subject: String,
    pub(super) ok: bool,
    pub(super) found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remedy: Option<String>,
    /// Work can be done without it.
    pub(super) optional: bool,
}

pub(super) fn fine(subject: &str, found: impl Into<String>) -> Finding {
    Finding { subject: subject.into(), ok: true, found: found.into(), remedy: None, optional: false }
}

/// A fault that prevents every run.
pub(super) fn broken(subject: &str, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
    let remedy = Some(remedy.into()).filter(|remedy| !remedy.is_empty());
    Finding { subject: subject.into(), ok: false, found: found.into(), remedy, optional: false }
}

/// The same, from a problem.
pub(super) fn refused(subject: &str, problem: &Problem) -> Finding {
    let Problem { message, remedy, .. } = with_commands(problem);
    broken(subject, message, remedy)
}

/// A fault that prevents no run.
pub(super) fn absent(subject: &str, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { optional: true, ..broken(subject, found, remedy) }
}

pub(super) fn told(findings: &[Finding]) -> String {
    let screen = Screen::now();
    let line = |finding: &Finding| {
        let mark = match (finding.ok, finding.optional) {
            (true, _) => screen.paint(Tone::Good, "ok  "),
            (false, true) => screen.paint(Tone::Careful, "-   "),
            (false, false) => screen.paint(Tone::Bad, "BAD "),
        };
        let remedy = finding.remedy.as_deref().map(|remedy| format!("\n      {remedy}")).unwrap_or_default();
        format!("{mark}{}: {}{remedy}", finding.subject, finding.found)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}
