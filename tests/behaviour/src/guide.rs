//! A guide in the documentation, read as a person reads it: what is to be typed, and what files look like.

#![allow(clippy::disallowed_methods, reason = "what is to be typed is given to a shell")]

use crate::{Ground, binary};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One block of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What follows the fence: the language, then perhaps a file.
    pub label: String,
    /// Everything within.
    pub text: String,
    /// Its line in the document, counted from 1.
    pub line: usize,
}

impl Block {
    /// The file that it shows, where it shows one.
    pub fn file(&self) -> Option<PathBuf> {
        self.label.split_once(' ').map(|(_, file)| file.into())
    }
}

/// The blocks of a document under `docs/`, in their order.
pub fn blocks(document: &str) -> Vec<Block> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let text = fs::read_to_string(root.join(document)).unwrap();
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(""), Some(_)) => found.extend(open.take()),
            (Some(label), None) => {
                open = Some(Block { label: label.to_owned(), text: String::new(), line: at + 1 });
            }
            (_, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (_, None) => {}
        }
    }
    assert!(open.is_none(), "{document} leaves a block open");
    found
}

/// Everything that a document has its reader type, in its order.
pub fn commands(document: &str) -> String {
    let all = blocks(document).into_iter().filter(|block| block.label == "sh");
    all.map(|block| format!("# {document}, line {}\n{}\n", block.line, block.text)).collect()
}

/// The same, with each file that it shows written where it shows it.
pub fn followed(document: &str) -> String {
    let mut script = String::new();
    for block in blocks(document) {
        let place = format!("# {document}, line {}\n", block.line);
        if let Some(file) = block.file() {
            const END: &str = "end-of-what-the-guide-shows";
            let file = file.display();
            script += &format!(
                "{place}mkdir -p \"$(dirname {file})\"\ncat > {file} <<'{END}'\n{}{END}\n",
                block.text
            );
        } else if block.label == "sh" {
            script += &format!("{place}{}\n", block.text);
        }
    }
    script
}

/// The program under test, and for each new crate in Rust a target folder that all guides share: what one has compiled
/// of the dependencies serves the others.
fn program_with_shared_crates(ground: &Ground) -> PathBuf {
    let shared = binary::profile_folder().join("jackfield-behaviour-crates");
    fs::create_dir_all(&shared).unwrap();
    let folder = ground.path().join("program");
    fs::create_dir_all(&folder).unwrap();
    let script = format!(
        "#!/bin/sh\nif [ \"$1 $2\" = \"plugin new\" ]; then\n  '{program}' \"$@\" || exit\n  \
         if [ -f \"$3/Cargo.toml\" ]; then ln -s '{shared}' \"$3/target\"; fi\n  exit 0\nfi\nexec '{program}' \"$@\"\n",
        program = binary::binary().display(),
        shared = shared.display(),
    );
    let file = folder.join("jackfield");
    fs::write(&file, script).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Types commands into a shell in `folder`, one after the other, each of which must go well. The user's own
/// programs and toolchains are there, `jackfield` is the program under test, and the data folder is the ground's.
/// What was printed.
pub fn typed(ground: &Ground, folder: &Path, commands: &str) -> String {
    let program = program_with_shared_crates(ground);
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .args(["-euxo", "pipefail", "-c", commands])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", program.display()))
        .env("JACKFIELD_DATA", ground.data())
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Reader")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "reader@localhost")))
        // What this very test was built with is not meant for what it builds.
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stdin(Stdio::null())
        .output()
        .expect("a shell starts");
    let (said, steps) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{said}\n{steps}", output.status);
    said.into_owned()
}

/// Whether these programs are here; where they must be, a test without them has failed.
pub fn toolchains(programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let here = |program: &str| std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    let missing: Vec<_> = programs.iter().filter(|program| !here(program)).copied().collect();
    if missing.is_empty() {
        return true;
    }
    let why = format!("{} is not here, which components are built with", missing.join(", "));
    assert!(std::env::var("CI").is_err(), "{why}");
    eprintln!("SKIPPED: {why}");
    false
}
