//! What the tests of several adapters share: requests, and runs of recorded output through a reading.
//!
//! Every adapter has its own types, made from the same WIT, so this is no crate: a test takes it in
//! with `#[path]` and says `use ITS_ADAPTER as adapter;`. Recordings are the adapter's own, in
//! `tests/transcripts` of its folder.
#![allow(dead_code, reason = "each test file uses its own part of it")]

use crate::adapter::Reading;
use crate::adapter::driving::{
    Access, Ending, Event, Exit, Folders, GuestReading, Outcome, Request, Role, Usage,
};
use std::fs;
use std::path::{Path, PathBuf};

/// A request as the host makes it for a first attempt.
pub(crate) fn request() -> Request {
    Request {
        attempt: "01JZ0000000000000000000000".into(),
        instruction: "Say hello.".into(),
        model: None,
        effort: None,
        role: Role::Implement,
        access: Access::Edit,
        session: None,
        prior_usage: None,
        budget: None,
        timeout: 180_000,
        folders: Folders {
            worktree: "/srv/w".into(),
            scratch: "/srv/scratch".into(),
            state: "/srv/state".into(),
        },
        present: Vec::new(),
        settings: Vec::new(),
        prompt_syntax: false,
    }
}

/// Usage without anything estimated or priced.
pub(crate) fn used(input: u64, cached_input: u64, output: u64, reasoning: u64) -> Usage {
    Usage { input, cached_input, cache_write: 0, output, reasoning, cost: None, estimated: false }
}

/// A program that ended by itself with this code.
pub(crate) fn exited(code: i32) -> Exit {
    Exit { code: Some(code), signal: None, ending: Ending::Itself, stderr: String::new() }
}

/// Everything that a reading makes of `output`, fed in chunks of `size` bytes.
pub(crate) fn run(request: Request, output: &[u8], size: usize, exit: Exit) -> (Vec<Event>, Outcome) {
    let reading = Reading::new(request);
    let events = output.chunks(size).flat_map(|chunk| reading.feed(chunk.to_vec())).collect();
    (events, reading.finish(exit))
}

/// A recorded run.
pub(crate) struct Transcript {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<u32>,
}

impl Transcript {
    pub(crate) fn exit(&self, ending: Ending) -> Exit {
        Exit { code: self.code, signal: self.signal, ending, stderr: self.stderr.clone() }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

/// The names of all recorded runs, and how each ended.
pub(crate) fn recorded() -> Vec<(String, String)> {
    let exits = fs::read_to_string(folder().join("EXITS.tsv")).unwrap();
    let recorded: Vec<_> = exits
        .lines()
        .map(|line| line.split_once('\t').unwrap())
        .map(|(name, end)| (name.to_string(), end.to_string()))
        .collect();
    let files = fs::read_dir(folder()).unwrap().filter(|file| {
        file.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "jsonl")
    });
    assert_eq!(recorded.len(), files.count(), "EXITS.tsv does not list every transcript");
    recorded
}

pub(crate) fn transcript(name: &str) -> Transcript {
    let (_, end) = recorded().into_iter().find(|(recorded, _)| recorded == name).unwrap();
    let signal = match end.as_str() {
        "SIGINT" => Some(2),
        "SIGKILL" => Some(9),
        "SIGTERM" => Some(15),
        _ => None,
    };
    Transcript {
        stdout: fs::read(folder().join(format!("{name}.jsonl"))).unwrap(),
        stderr: String::from_utf8_lossy(&fs::read(folder().join(format!("{name}.stderr"))).unwrap())
            .into_owned(),
        code: end.parse().ok(),
        signal,
    }
}
