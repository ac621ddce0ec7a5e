//! Reports of the commands for authors of components, as text.

use super::remedies::grant;
use jackfield_kit::{BenchReport, Built, CaseReport, NewPlugin, TestReport};
use jackfield_plugins::{CheckReport, CheckVerdict, State, shown};
use jackfield_render::screen::one_line;
use jackfield_render::text;
use jackfield_render::text_components::{code, size, time};
use std::fmt::Write;

/// What would become of a file, with the command that grants what it asks for.
pub(super) fn checked(report: &CheckReport) -> String {
    let text = text::check(report);
    match (&report.verdict, &report.plugin) {
        (CheckVerdict::WouldBeHeld { missing, .. }, Some(plugin)) => {
            format!("{text}\nor run:\n  {}", grant(plugin.kind, &plugin.name, missing))
        }
        (CheckVerdict::WouldBeRejected { step: State::CheckingSignature, .. }, _) => {
            format!("{text}\nsign it with: jackfield plugin sign {} --key KEYFILE", shown(&report.file))
        }
        _ => text,
    }
}

/// What was made, and what to do next.
pub(crate) fn made(made: &NewPlugin) -> String {
    let NewPlugin { folder, name, kind, language, .. } = made;
    format!(
        "created a {kind} in {language} in {}: its source is {}, its cases are in cases.toml\n\n  cd {}\n  jackfield plugin build\n  jackfield plugin test {name}.wasm cases.toml",
        folder.display(),
        language.source(),
        folder.display()
    )
}

/// The component that was built, its size and the time it took.
pub(crate) fn built(built: &Built) -> String {
    format!("{}  {}, in {}", built.file.display(), size(built.size), time(built.millis.saturating_mul(1000)))
}

/// The cases that passed and those that failed.
pub(crate) fn tested(report: &TestReport) -> String {
    let mut lines: Vec<String> = report.cases.iter().map(case).collect();
    lines.push(match report.failed {
        0 => format!("{}: {} passed", report.plugin, cases(report.passed)),
        failed => format!("{}: {} passed, {} failed", report.plugin, cases(report.passed), failed),
    });
    lines.join("\n")
}

fn cases(count: usize) -> String {
    if count == 1 { "1 case".to_owned() } else { format!("{count} cases") }
}

fn case(case: &CaseReport) -> String {
    let took = case.micros.map(|micros| format!("  ({})", time(micros))).unwrap_or_default();
    let mut lines = format!("{} {}{took}", if case.passed { "pass" } else { "FAIL" }, case.name);
    for difference in &case.differences {
        let _ = write!(lines, "\n     {difference}");
    }
    if !case.passed {
        for note in &case.notes {
            let _ = write!(lines, "\n     log: {}", one_line(note));
        }
        if let Some(answer) = &case.answer {
            let _ = write!(lines, "\n     it answered {answer}");
        }
    }
    lines
}

/// Times and memory of the calls.
pub(crate) fn bench(report: &BenchReport) -> String {
    format!(
        "{}, `{}`, {} calls in {}\n  quickest  {}\n  half      {}\n  99 of 100 {}\n  slowest   {}\n  one core  {:.0} calls a second\n  memory    {} a call",
        report.plugin,
        report.function,
        report.calls,
        code(report.compiled),
        time(report.least_us),
        time(report.p50_us),
        time(report.p99_us),
        time(report.most_us),
        report.per_second,
        size(report.memory_bytes)
    )
}
