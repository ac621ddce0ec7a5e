//! What the conformance suites said, as the tables of `docs/conformance.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A suite and what of it is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Suite {
    pub(crate) program: &'static str,
    pub(crate) version: &'static str,
    /// The name of its lists.
    pub(crate) list: &'static str,
    pub(crate) which: [&'static str; 2],
}

/// Checks of each scenario that passed and failed, in the suite's order.
#[derive(Debug)]
pub(crate) struct Counted(Vec<(String, (u32, u32))>);

impl Counted {
    /// From lines like `✓ ping: 2 passed, 0 failed`.
    pub(crate) fn read(summary: &str) -> Self {
        let lines = summary.lines().filter_map(|line| line.strip_prefix(['✓', '✗'])?.split_once(": "));
        let read = lines.filter_map(|(name, told)| {
            let (passed, rest) = told.split_once(" passed, ")?;
            let failed = rest.split_once(" failed")?.0;
            Some((name.trim().to_owned(), (passed.parse().ok()?, failed.parse().ok()?)))
        });
        let counted = Self(read.collect());
        assert!(counted.0.len() > 20, "a summary is read: {summary}");
        counted
    }

    fn total(&self) -> (u32, u32) {
        self.0.iter().fold((0, 0), |(passed, failed), (_, (more, less))| (passed + more, failed + less))
    }
}

/// The entries of a list of expected failures, with their reasons.
pub(crate) fn excused(list: &str) -> Vec<(String, String)> {
    let entries = list.lines().filter_map(|line| line.trim_start().strip_prefix("- "));
    let entry = |line: &str| {
        let (entry, reason) = line.split_once(" # ").unwrap_or((line, ""));
        (entry.trim().to_owned(), reason.trim().to_owned())
    };
    entries.map(entry).collect()
}

fn cell((passed, failed): (u32, u32)) -> String {
    match (passed, failed) {
        (0, 0) => "nothing to check".to_owned(),
        (passed, 0) => passed.to_string(),
        (passed, failed) => format!("{passed} of {}", passed + failed),
    }
}

/// The whole document; `list` reads a list of expected failures by its name.
pub(crate) fn document(said: &[(Suite, Counted, Counted)], list: impl Fn(&str) -> String) -> String {
    let mut text = HEAD.to_owned();
    for (suite, own, rest) in said {
        let title = match suite.which {
            ["--suite", _] => format!("{}, everything", suite.version),
            [_, revision] => format!("{}, the requirements of {revision}", suite.version),
        };
        let (own_total, rest_total) = (own.total(), rest.total());
        write!(
            text,
            "\n## {title}\n\nPassed: {} checks by Jackfield, {} by the fixtures.\n\n\
             | scenario | Jackfield | fixtures | why not |\n|---|---|---|---|\n",
            cell(own_total),
            cell(rest_total)
        )
        .unwrap();
        let prepared: BTreeMap<&str, (u32, u32)> =
            rest.0.iter().map(|(name, checks)| (name.as_str(), *checks)).collect();
        let impossible = excused(&list(&format!("fixtures-{}", suite.list)));
        let needed = excused(&list(&format!("jackfield-{}", suite.list)));
        for (name, checks) in &own.0 {
            let others = prepared.get(name.as_str()).copied().unwrap_or_default();
            let why = match (checks.1, others.1) {
                (_, 1..) => reasons(&impossible, name),
                (1.., 0) => reasons(&needed, name),
                (0, 0) => String::new(),
            };
            writeln!(text, "| {name} | {} | {} | {why} |", cell(*checks), cell(others)).unwrap();
        }
    }
    text
}

/// Why a scenario does not pass, each reason once.
fn reasons(list: &[(String, String)], scenario: &str) -> String {
    let all = list.iter().filter(|(entry, _)| entry.split(':').next() == Some(scenario));
    let mut reasons: Vec<_> = all.map(|(_, reason)| reason.as_str()).collect();
    reasons.dedup();
    reasons.join("; ")
}

const HEAD: &str = "\
# Conformance

What the protocol's own suites, `@modelcontextprotocol/conformance`, say of Jackfield. This document is made by
`cargo xtask conformance`, and a test fails where it is not what the suites say.

Each scenario is run twice. *Jackfield* is `jackfield serve` as it is: scenarios that call a tool, read a resource or get a
prompt which only a server made for the suites has cannot pass there. *Fixtures* is a server with exactly those
(`tests/conformance`), behind Jackfield's own transport and guards, with nothing in between. The token is added to each
request by a proxy, since the suites have no way to send one. A cell is the number of checks that passed, or how many of how
many. The last column says what a scenario needs that no product has, or, where the fixtures do not pass either, what
cannot be. The lists are in `tests/clients/conformance`.
";
