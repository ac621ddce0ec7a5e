//! The tables in `docs/events.md` have every kind of event with the fields of its payload.

use crate::samples::{of_host, of_run};
use jackfield_model::{HostEvent, RunEvent};
use serde_json::Value;
use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../../../docs/events.md");

/// The rows of the table below a heading: the kind, and the fields.
fn table(heading: &str) -> Vec<(String, BTreeSet<String>)> {
    let section = DOCUMENT.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [_, kind, _, fields, _] = cells[..] else { panic!("{row}: three cells are expected") };
        (kind.trim_matches('`').to_owned(), quoted(fields))
    })
    .collect()
}

/// What stands in backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn assert_documented(heading: &str, kinds: &[&str], samples: &[(&str, Value)]) {
    let rows = table(heading);
    assert_eq!(rows.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), kinds);
    for (kind, documented) in rows {
        let own = samples.iter().filter(|(known, _)| *known == kind);
        let fields: BTreeSet<String> = own
            .filter_map(|(_, payload)| payload.as_object())
            .flat_map(|fields| fields.keys().cloned())
            .collect();
        assert_eq!(documented, fields, "the payload of {kind}");
    }
}

#[test]
fn events_of_runs_are_documented() {
    assert_documented("Events of a run", RunEvent::KINDS, &of_run());
}

#[test]
fn events_of_the_host_are_documented() {
    assert_documented("Events of the host", HostEvent::KINDS, &of_host());
}
