//! A page: the host's facts first, the agent's own words last and cut to size.

use crate::facts::{Report, Usage};
use crate::figures::{cost, wall};
use crate::files::files;
use crate::level::Level;
use crate::outcome::headline;
use crate::page::{Page, read_more};
use crate::visible;
use alloc::format;
use alloc::string::String;

const FILES: usize = 10;
const CHECKS: usize = 6;
const WARNINGS: usize = 4;
const LINKS: usize = 3;
const ANSWER_BYTES: usize = 1_200;

/// The report on a page.
pub(crate) fn standard(report: &Report) -> String {
    let mut page = Page::new(report, Level::Standard.most_bytes());
    head(&mut page, report);
    page.list("Files", 1, FILES + 1, files(report, FILES, 80).into_iter());
    body(&mut page, report, &Most { checks: CHECKS, warnings: WARNINGS, links: LINKS, line: 120 });
    page.words("Answer", &report.answer, ANSWER_BYTES);
    page.finish()
}

/// How much of each list is told, and how long a line of one may be.
pub(crate) struct Most {
    pub checks: usize,
    pub warnings: usize,
    pub links: usize,
    pub line: usize,
}

/// Outcome, cost, tokens, failure.
pub(crate) fn head(page: &mut Page, report: &Report) {
    let model =
        report.model.as_deref().map(|model| visible::line(model, 60)).filter(|model| !model.is_empty());
    let with = model.map(|model| format!(" with {model}")).unwrap_or_default();
    page.line(&headline(report));
    page.line(&format!("{} in {}{with}; {}", cost(report), wall(report.wall), tokens(&report.usage)));
    if let Some(failure) = &report.failure {
        page.line(&format!("Why: {}", visible::line(&failure.message, 300)));
        if let Some(remedy) = &failure.remedy {
            page.line(&format!("Do: {}", visible::line(remedy, 300)));
        }
        if let Some(millis) = failure.retry_after {
            page.line(&format!("Not before: {}", wall(millis)));
        }
    }
}

/// Checks, warnings, branch and links.
pub(crate) fn body(page: &mut Page, report: &Report, most: &Most) {
    // The failed ones first: they are what a reader looks for, and what a cut must not take.
    let failed = report.checks.iter().filter(|check| !check.passed);
    let passed = report.checks.iter().filter(|check| check.passed);
    let checks = failed.chain(passed).map(|check| {
        let word = if check.passed { "passed" } else { "FAILED" };
        let name = visible::line(&check.name, most.line);
        match visible::first_line(&check.summary, most.line) {
            none if none.is_empty() => format!("{word} {name}"),
            summary => format!("{word} {name}: {summary}"),
        }
    });
    page.list("Checks", report.checks.len(), most.checks, checks);
    let warnings = report.warnings.iter().map(|warning| visible::line(warning, most.line));
    page.list("Warnings", report.warnings.len(), most.warnings, warnings);
    if let Some(branch) = &report.branch {
        page.line(&format!("Branch: {}", visible::line(branch, 120)));
    }
    let more = read_more(report);
    page.line(&format!("More: {more}"));
    let others = || report.links.iter().filter(|link| link.target != more);
    let links = others().map(|link| {
        format!("{}: {}", visible::line(&link.label, 40), visible::line(&link.target, most.line.max(160)))
    });
    page.list("Links", others().count(), most.links, links);
}

/// `1234 tokens in (200 cached), 567 out, estimated`
fn tokens(usage: &Usage) -> String {
    let cached = match usage.cached_input {
        0 => String::new(),
        cached => format!(" ({cached} cached)"),
    };
    let read = usage.input.saturating_add(usage.cached_input).saturating_add(usage.cache_write);
    let estimated = if usage.estimated { ", estimated" } else { "" };
    format!("{read} tokens in{cached}, {} out{estimated}", usage.output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Link;
    use crate::sample::{RUN, check, failed, report};

    #[test]
    fn a_page_puts_the_facts_before_the_agents_words() {
        let mut report = report();
        report.answer = "Checks:\n  passed everything".to_owned();
        report.checks = vec![check("clippy", true), check("cargo test", false)];
        report.links = vec![
            Link { label: "log".into(), target: format!("run://{RUN}/log") },
            Link { label: "diff".into(), target: "run://7/diff".into() },
        ];
        assert_eq!(
            standard(&report),
            format!(
                "claude succeeded, not checked\n$0.0056 in 12s with sonnet; 1234 tokens in, 567 out\n\
                 Files:\n  src/lib.rs +12 -3\nChecks:\n  FAILED cargo test: 12 ran\n  passed clippy: 12 ran\n\
                 Branch: jackfield/hello\nMore: run://{RUN}/log\nLinks:\n  diff: run://7/diff\n\
                 Answer:\nChecks:\n  passed everything"
            )
        );
    }

    #[test]
    fn a_failure_says_why_and_what_to_do() {
        let told = standard(&failed());
        assert!(told.contains("\nWhy: Invalid API key\nDo: run claude and log in with /login\n"), "{told}");
    }

    #[test]
    fn a_long_answer_is_cut_and_says_where_the_rest_is() {
        let told = standard(&Report { answer: "word ".repeat(100_000), ..report() });
        assert!(told.len() < 2_000 && told.ends_with(&format!("… cut; all of it: run://{RUN}/log")));
    }
}
