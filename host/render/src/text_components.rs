//! Components as text: what they ask for, what they are made of, what they answered.

use super::screen::one_line;
use jackfield_plugins::{Compiled, Grant, Makeup, Said};
use std::collections::BTreeSet;

/// What a component answered.
pub fn said(said: &Said) -> String {
    let answer = serde_json::to_string_pretty(&said.answer).unwrap_or_default();
    let notes: String = said.notes.iter().map(|note| format!("log       {}\n", one_line(note))).collect();
    format!(
        "{answer}\n\n{notes}{} answered `{}` in {}, with {} of memory, in {}",
        said.plugin,
        said.function,
        time(said.micros),
        size(said.memory_bytes),
        code(said.compiled)
    )
}

/// What the operator granted to the name, which the next component that has it is granted too.
pub fn granted_to_name(inspection: &jackfield_plugins::Inspection) -> Option<String> {
    let kind = inspection.status.kind?;
    let name = inspection.status.name.as_deref()?;
    let grant = &inspection.granted_to_name;
    (!grant.is_empty())
        .then(|| format!("operator  {}, whichever component has the name", grant.line(kind, name)))
}

/// What a component asks for, and what of it it has.
pub fn grants(asks: &Grant, granted: &Grant) -> Vec<String> {
    let line = |label: &str, asks: &BTreeSet<String>, granted: &BTreeSet<String>| {
        let name = |name: &String| {
            let has = if granted.contains(name) { "granted" } else { "not granted" };
            format!("{name} ({has})")
        };
        let names: Vec<_> = asks.iter().map(name).collect();
        (!names.is_empty()).then(|| format!("{label} {}", names.join(", ")))
    };
    let programs = line("programs ", &asks.programs, &granted.programs);
    programs.into_iter().chain(line("variables", &asks.environment, &granted.environment)).collect()
}

/// What a component is made of.
pub fn makeup(makeup: &Makeup) -> Vec<String> {
    let modules = if makeup.modules == 1 {
        "1 core module".to_owned()
    } else {
        format!("{} core modules", makeup.modules)
    };
    let mut lines = vec![format!("made of   {} in {modules}", size(makeup.size))];
    lines.extend(makeup.wit.iter().map(|wit| format!("against   {wit}")));
    if !makeup.languages.is_empty() {
        lines.push(format!("in        {}", makeup.languages.join(", ")));
    }
    let producers: Vec<_> = makeup
        .producers
        .iter()
        .map(|tool| format!("{} {}", tool.name, tool.version).trim_end().to_owned())
        .collect();
    if !producers.is_empty() {
        lines.push(format!("by        {}", producers.join(", ")));
    }
    lines
}

/// Which compiler made the code.
pub const fn code(compiled: Compiled) -> &'static str {
    match compiled {
        Compiled::Optimised => "optimised code",
        Compiled::Baseline => "first code",
    }
}

/// A time in the unit that fits; `micros` are microseconds.
#[allow(clippy::cast_precision_loss, reason = "shown with one digit after the point")]
pub fn time(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.1} ms", micros as f64 / 1e3),
        _ => format!("{:.2} s", micros as f64 / 1e6),
    }
}

/// A size in KiB or MiB.
#[allow(clippy::cast_precision_loss, reason = "shown with one digit after the point")]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// The limits of a component, in MiB, KiB and milliseconds.
pub(super) fn limits(limits: &jackfield_plugins::Limits) -> String {
    format!(
        "limits    {} MiB, {} ms CPU, {} ms wall, {} KiB out",
        limits.memory_bytes >> 20,
        limits.cpu.as_millis(),
        limits.wall.as_millis(),
        limits.output_bytes >> 10
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown_in_the_unit_that_fits() {
        assert_eq!([999, 1_500, 2_340_000].map(time), ["999 µs", "1.5 ms", "2.34 s"]);
        assert_eq!([1, 1 << 20, 3 << 19].map(size), ["1 KiB", "1.0 MiB", "1.5 MiB"]);
    }

    #[test]
    fn requested_and_granted_permissions_are_shown_separately() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let asks = Grant { programs: set(&["agy", "sh"]), ..Grant::default() };
        let granted = Grant { programs: set(&["sh"]), ..Grant::default() };
        assert_eq!(grants(&asks, &granted), ["programs  agy (not granted), sh (granted)"]);
    }
}
