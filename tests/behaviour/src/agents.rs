//! The real agent programs, on a ground of their own: told to talk to the stand-in, with a key that opens
//! nothing anywhere else.
//!
//! The ground lies in the build folder: gemini does not read settings below a folder that everybody may write
//! to, and codex does not set itself up below the temporary one.

use crate::{Ground, binary};
use jackfield_standin::usage::{anthropic, gemini, openai};
use jackfield_standin::{Programs, Standin, TEST_KEY};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Programs at work at once: each takes hundreds of megabytes while it starts.
const AT_ONCE: usize = 2;

/// One of the programs, asked for with its adapter's own model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    /// Claude Code with claude-sonnet-4-5.
    Claude,
    /// Codex with gpt-5.5.
    Codex,
    /// Gemini CLI with gemini-2.5-pro.
    Gemini,
}

impl Agent {
    /// As an executor.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
        }
    }

    /// Its model.
    pub const fn model(self) -> &'static str {
        match self {
            Self::Claude => "claude-sonnet-4-5",
            Self::Codex => "gpt-5.5",
            Self::Gemini => "gemini-2.5-pro",
        }
    }

    /// Who says what the work costs.
    pub const fn cost_source(self) -> &'static str {
        match self {
            Self::Claude => "agent",
            Self::Codex | Self::Gemini => "adapter",
        }
    }

    /// What so many requests use, in the words of the table `attempts`.
    pub fn tokens(self, requests: u64) -> Value {
        let [input, cached, written, output, reasoning] = match self {
            Self::Claude => {
                [anthropic::INPUT, anthropic::CACHE_READ, anthropic::CACHE_WRITE, anthropic::OUTPUT, 0]
            }
            Self::Codex => {
                [openai::INPUT - openai::CACHED, openai::CACHED, 0, openai::OUTPUT, openai::REASONING]
            }
            Self::Gemini => [
                gemini::PROMPT - gemini::CACHED,
                gemini::CACHED,
                0,
                gemini::CANDIDATES + gemini::THOUGHTS,
                gemini::THOUGHTS,
            ],
        };
        json!({
            "input_tokens": input * requests,
            "cached_input_tokens": cached * requests,
            "cache_write_tokens": written * requests,
            "output_tokens": output * requests,
            "reasoning_tokens": reasoning * requests,
        })
    }

    /// What so many requests cost at the list prices of its model, in micro-dollars.
    pub const fn cost(self, requests: u64) -> u64 {
        // Nano-dollars a token: input, read from the cache, written to it, output.
        let nano = match self {
            Self::Claude => {
                anthropic::INPUT * 3_000
                    + anthropic::CACHE_READ * 300
                    + anthropic::CACHE_WRITE * 3_750
                    + anthropic::OUTPUT * 15_000
            }
            Self::Codex => {
                (openai::INPUT - openai::CACHED) * 5_000 + openai::CACHED * 500 + openai::OUTPUT * 30_000
            }
            Self::Gemini => {
                (gemini::PROMPT - gemini::CACHED) * 1_250
                    + gemini::CACHED * 125
                    + (gemini::CANDIDATES + gemini::THOUGHTS) * 10_000
            }
        };
        nano * requests / 1_000
    }
}

/// The programs, the stand-in that they talk to, and the ground that they work on.
pub struct Agents {
    /// Plays what the test says.
    pub standin: Standin,
    /// The host's.
    pub ground: Ground,
    _place: OwnedSemaphorePermit,
}

impl Agents {
    /// Nothing when the programs cannot be had here, which has then been said.
    pub async fn set_up() -> Option<Self> {
        Self::set_up_with("").await
    }

    /// The same, with more of a configuration.
    pub async fn set_up_with(more: &str) -> Option<Self> {
        static PLACES: std::sync::OnceLock<Arc<Semaphore>> = std::sync::OnceLock::new();
        let programs = Programs::for_test().unwrap()?;
        let places = PLACES.get_or_init(|| Arc::new(Semaphore::new(AT_ONCE)));
        let place = Arc::clone(places).acquire_owned().await.unwrap();
        let standin = Standin::start().unwrap();
        let folder = binary::profile_folder().join("jackfield-behaviour-agents");
        fs::create_dir_all(&folder).unwrap();
        let ground = Ground::below(&folder.canonicalize().unwrap())
            .with_programs(programs.bin())
            .with("ANTHROPIC_API_KEY", TEST_KEY)
            .with("CODEX_API_KEY", TEST_KEY)
            .with("GEMINI_API_KEY", TEST_KEY)
            .with_config(&(config(&standin) + more));
        Some(Self { standin, ground, _place: place })
    }

    /// Files in which the key stands, in whatever the host and the programs wrote.
    pub fn files_with_the_key(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        search(self.ground.path(), &mut found);
        found
    }
}

fn config(standin: &Standin) -> String {
    let section = |agent: &str, url: String| format!("[executors.{agent}.settings]\nbase_url = \"{url}\"\n");
    [
        section("claude", standin.base_url()),
        section("codex", standin.openai_url()),
        section("gemini", standin.base_url()),
    ]
    .concat()
}

/// Links are not followed: they lead to what tests share.
fn search(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            search(&entry.path(), found);
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).unwrap();
            if bytes.windows(TEST_KEY.len()).any(|window| window == TEST_KEY.as_bytes()) {
                found.push(entry.path());
            }
        }
    }
}
