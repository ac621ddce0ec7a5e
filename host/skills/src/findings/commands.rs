//! Commands that agents execute while they load a skill, and downloads that are executed.

use super::found::{Collector, FindingKind};

/// Programs that download, and those that decode.
const SOURCES: [&str; 9] =
    ["curl", "wget", "iwr", "irm", "invoke-webrequest", "invoke-restmethod", "aria2c", "base64", "xxd"];
/// Programs that execute their input.
const RUNNERS: [&str; 19] = [
    "sh",
    "bash",
    "zsh",
    "dash",
    "ksh",
    "fish",
    "ash",
    "python",
    "python2",
    "python3",
    "node",
    "deno",
    "bun",
    "perl",
    "ruby",
    "php",
    "iex",
    "pwsh",
    "powershell",
];
/// Words before a program that execute it.
const PREFIXES: [&str; 6] = ["sudo", "env", "exec", "nohup", "command", "doas"];

/// Finds commands in a text. Lines that end with a backslash go on in the next one.
pub(super) fn find(file: &str, text: &str, collector: &mut Collector) {
    let mut joined = String::new();
    let mut first = 1;
    for (number, line) in (1_u32..).zip(text.lines()) {
        injected(file, number, line, collector);
        if joined.is_empty() {
            first = number;
        }
        if let Some(start) = line.strip_suffix('\\') {
            joined.push_str(start);
            joined.push(' ');
            continue;
        }
        joined.push_str(line);
        if downloads_and_runs(&joined) {
            collector.add(FindingKind::DownloadAndRun, file, Some(first), &joined);
        }
        joined.clear();
    }
    if downloads_and_runs(&joined) {
        collector.add(FindingKind::DownloadAndRun, file, Some(first), &joined);
    }
}

/// `` !`command` `` and blocks that open with ```` ```! ````: Claude Code executes them and inserts their output.
fn injected(file: &str, number: u32, line: &str, collector: &mut Collector) {
    if line.trim_start().trim_start_matches('`').starts_with('!') && line.trim_start().starts_with("```") {
        collector.add(FindingKind::Command, file, Some(number), line);
    }
    let mut rest = line;
    while let Some((_, after)) = rest.split_once("!`") {
        let Some((command, after)) = after.split_once('`') else { return };
        if !command.trim().is_empty() {
            collector.add(FindingKind::Command, file, Some(number), command);
        }
        rest = after;
    }
}

/// Whether a program that downloads or decodes gives its output to one that executes it.
fn downloads_and_runs(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let mut source = false;
    for part in line.split('|') {
        if source && first_program(part).is_some_and(|program| RUNNERS.contains(&program)) {
            return true;
        }
        source |= names_source(part);
    }
    source && substituted(&line)
}

/// `sh -c "$(curl …)"`, `bash <(curl …)`, `eval "$(curl …)"`, `iex (iwr …)`.
fn substituted(line: &str) -> bool {
    let opened = ["$(", "<(", "iex (", "iex(", "invoke-expression ("];
    let inner = opened.iter().any(|mark| {
        let mut parts = line.split(mark).skip(1);
        parts.any(|part| first_program(part).is_some_and(|program| SOURCES.contains(&program)))
    });
    let runs =
        |word: &str| RUNNERS.contains(&word) || matches!(word, "eval" | "source" | "." | "invoke-expression");
    inner && words(line).any(runs)
}

fn names_source(part: &str) -> bool {
    words(part).any(|word| SOURCES.contains(&word))
}

/// The name of the program that a command begins with.
fn first_program(command: &str) -> Option<&str> {
    let is_before = |word: &str| PREFIXES.contains(&word) || word.starts_with('-') || word.contains('=');
    words(command).find(|word| !is_before(word))
}

/// The words of a command, programs without their folder.
fn words(command: &str) -> impl Iterator<Item = &str> {
    let ends = |one: char| one.is_whitespace() || "`\"'();&$<>{}".contains(one);
    command.split(ends).filter(|word| !word.is_empty()).map(|word| word.rsplit('/').next().unwrap_or(word))
}
