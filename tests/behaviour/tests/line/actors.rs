//! Who does the work in these tests where no real agent is needed: commands, and a program that
//! prints what Claude Code once printed.

use jackfield_behaviour::Repository;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A request for the shell.
pub(crate) fn shell(repository: &Repository, command: &str) -> Value {
    json!({ "instruction": command, "executor": "shell", "workspace": repository.text() })
}

/// A request with further fields.
pub(crate) fn with(mut request: Value, fields: Value) -> Value {
    let more = fields.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(more);
    request
}

/// A program in place of Claude Code: it takes the instruction, does `work`, and prints a recorded
/// answer that cost `usd`.
pub(crate) fn recorded_claude(usd: &str, work: &str) -> String {
    let recording = recording();
    assert!(recording.contains(RECORDED_COST));
    let answer = recording.replace(RECORDED_COST, usd);
    format!(
        "#!/bin/sh\ncase \"$1\" in --version) echo '2.1.197 (Claude Code)'; exit 0;; esac\n\
         cat >/dev/null\n{work}\ncat <<'RECORDED'\n{answer}RECORDED\n"
    )
}

/// The same, whose `work` finds what it was told on standard input.
pub(crate) fn said_claude(usd: &str, work: &str) -> String {
    let read = "cat >/dev/null";
    let script = recorded_claude(usd, &format!("{{ {work}\n}} < \"$asked\"; rm \"$asked\""));
    assert!(script.contains(read));
    script.replacen(read, "asked=$(mktemp); cat > \"$asked\"", 1)
}

/// The same, whose `work` finds what it was told in the file `$asked` and puts the JSON text of its answer in `$result`.
pub(crate) fn recorded_claude_that_answers(usd: &str, work: &str) -> String {
    let recording = recording().replace(RECORDED_COST, usd);
    let (begun, rest) = recording.split_once("{\"type\":\"result\"").unwrap();
    let (head, tail) = rest.split_once("\"result\":\"").unwrap();
    let (_, tail) = tail.split_once("\",\"stop_reason\"").unwrap();
    format!(
        "#!/bin/sh\ncase \"$1\" in --version) echo '2.1.197 (Claude Code)'; exit 0;; esac\n\
         asked=$(mktemp); cat > \"$asked\"; [ -s \"$asked\" ] || exit 0\n{work}\nrm \"$asked\"\ncat <<'RECORDED'\n{begun}RECORDED\n\
         printf '%s' '{{\"type\":\"result\"{head}\"result\":'\nprintf '%s' \"$result\"\n\
         printf '%s\\n' ',\"stop_reason\"{}'\n",
        tail.trim_end()
    )
}

/// The same, which prints all but the end of the answer and then does nothing for ever.
pub(crate) fn stuck_claude(work: &str) -> String {
    let recording = recording();
    let (begun, _) = recording.split_once("{\"type\":\"result\"").unwrap();
    format!("#!/bin/sh\ncat >/dev/null\n{work}\ncat <<'RECORDED'\n{begun}RECORDED\nsleep 600\n")
}

/// The same, which prints the first half of the answer, does `work`, and prints the rest.
pub(crate) fn recording_in_two(usd: &str, work: &str) -> String {
    let recording = recording().replace(RECORDED_COST, usd);
    let (first, rest) = recording.split_once("{\"type\":\"result\"").unwrap();
    format!(
        "#!/bin/sh\ncase \"$1\" in --version) echo '2.1.197 (Claude Code)'; exit 0;; esac\n\
         cat >/dev/null\ncat <<'RECORDED'\n{first}RECORDED\n{work}\n\
         cat <<'RECORDED'\n{{\"type\":\"result\"{rest}RECORDED\n"
    )
}

/// What the recorded run cost, as it is written there.
const RECORDED_COST: &str = "0.005592000000000001";

fn recording() -> String {
    let file = "../../plugins/claude/tests/transcripts/hello.jsonl";
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(file).unwrap()
}
