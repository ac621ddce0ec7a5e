//! What facts have that a person did not write, where nothing would be odd.

/// What a field is where it is not said: record, field, value.
pub(super) const USUAL: [(&str, &str, Usual); 9] = [
    ("Task", "task_type", Usual::Text("feature")),
    ("Task", "complexity", Usual::Number(5)),
    ("Task", "role", Usual::Case("Implement")),
    ("Candidate", "tier", Usual::Case("Workhorse")),
    ("Candidate", "installed", Usual::True),
    ("Candidate", "login", Usual::Case("LoggedIn")),
    ("Candidate", "slots", Usual::Number(1)),
    ("Past", "tier", Usual::Case("Workhorse")),
    ("Report", "state", Usual::Case("Succeeded")),
];

/// A value that is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usual {
    Text(&'static str),
    Case(&'static str),
    Number(u64),
    True,
}
