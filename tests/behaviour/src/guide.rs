//! A guide in the documentation, read as a person reads it: what is to be typed, and what files look like.

#![allow(clippy::disallowed_methods, reason = "what is to be typed is given to a shell")]

use crate::{Ground, binary};
use std::fs;
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

/// Types commands into a shell in `folder`, one after the other, each of which must go well. The user's own
/// programs and toolchains are there, `jackfield` is the program under test, and the data folder is the ground's.
/// What was printed.
pub fn typed(ground: &Ground, folder: &Path, commands: &str) -> String {
    let program = binary::binary().parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .args(["-euxo", "pipefail", "-c", commands])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", program.display()))
        .env("JACKFIELD_DATA", ground.data())
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
