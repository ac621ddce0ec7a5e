//! `execute`, as asked for.

use jackfield_types::{Effort, Role};
use serde::{Deserialize, Serialize};

/// The longest instruction: what every shipped agent program takes.
pub const MAX_INSTRUCTION_BYTES: usize = 1 << 20;

/// One piece of intent, and how it is to be carried out. Only `instruction` is needed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExecuteRequest {
    /// What should be done, in plain words. At most 1 MiB.
    #[serde(alias = "prompt")]
    pub instruction: String,
    /// A name for lists; default: the instruction's first line.
    #[serde(default, alias = "name", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A workspace's name, or the path of a git repository or folder.
    #[serde(default, alias = "cwd", skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// claude, codex, gemini, shell, …; the chooser picks where not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// A model of that executor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// feature, bugfix, refactor, test, docs, design, review, command, …; else by the instruction's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    /// trivial, simple, moderate, complex, epic, or 1 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complexity: Option<Complexity>,
    /// Programming language; else detected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Frameworks and tools; else detected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<String>,
    /// What the agent is there for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Words that help to classify the task.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// How hard to think.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// `change` (files must change) or `answer` (words are enough).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
    /// What the agent may do in its worktree; default `edit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// summary, mermaid (default), standard or full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<String>,
    /// Commands that must succeed in the worktree afterwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// What must hold besides: file_exists, content_check, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    /// Attempts in all; default 1 where an executor or model is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// Higher goes first, -100 to 100; default 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// Cost limit, dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cost_usd: Option<f64>,
    /// Time limit of an attempt, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u64>,
    /// How long to wait for the end, seconds; default 45.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_s: Option<u64>,
    /// The same key never runs twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Branch or commit to start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Let slash commands and `@path` in the instruction take effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prompt_syntax: bool,
}

impl ExecuteRequest {
    /// A request with nothing but its instruction.
    pub fn new(instruction: impl Into<String>) -> Self {
        Self { instruction: instruction.into(), ..Self::default() }
    }
}

/// A command that must succeed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Run by `sh` in the worktree.
    pub command: String,
    /// What it is called; the command where not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Longest that it may take, seconds; as long as the attempt where not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u64>,
}

/// What must hold, ruled by a component.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// As `plugin inspect gates` lists them.
    pub kind: String,
    /// As its kind takes it.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub config: serde_json::Map<String, serde_json::Value>,
}

impl Gate {
    /// The config as the component is given it.
    pub fn config_text(&self) -> String {
        serde_json::Value::Object(self.config.clone()).to_string()
    }

    /// `file_exists {"path":"README.md"}`
    pub fn label(&self) -> String {
        format!("{} {}", self.kind, self.config_text())
    }
}

/// As typed: `file_exists {"path":"README.md"}`.
impl std::str::FromStr for Gate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, config) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), "{}"));
        if kind.is_empty() || kind.starts_with('{') {
            return Err("write a kind and its config, like 'file_exists {\"path\":\"README.md\"}'".into());
        }
        let config =
            serde_json::from_str(config).map_err(|error| format!("the config is no JSON object: {error}"))?;
        Ok(Self { kind: kind.to_owned(), config })
    }
}

/// What counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    /// Files must change.
    Change,
    /// Words are enough.
    Answer,
}

/// What the agent may do in its worktree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Look only.
    Read,
    /// Change files and run commands.
    #[default]
    Edit,
}

/// How hard a task is: a word or a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Complexity {
    /// 1 (trivial) to 10 (epic).
    Number(u8),
    /// trivial, simple, moderate, complex or epic.
    Word(String),
}

impl Complexity {
    const WORDS: [(&'static str, u8); 5] =
        [("trivial", 1), ("simple", 3), ("moderate", 5), ("complex", 8), ("epic", 10)];

    /// As a number from 1 to 10, or nothing where it is neither.
    pub fn score(&self) -> Option<u8> {
        match self {
            Self::Number(score) => Some(*score).filter(|score| (1..=10).contains(score)),
            Self::Word(word) => {
                let named = Self::WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
                match named {
                    Some((_, score)) => Some(*score),
                    None => word.parse().ok().and_then(|score| Self::Number(score).score()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complexity_is_a_word_or_a_number_from_one_to_ten() {
        let score = |text: &str| serde_json::from_str::<Complexity>(text).unwrap().score();
        assert_eq!(score("\"simple\""), Some(3));
        assert_eq!(score("\"EPIC\""), Some(10));
        assert_eq!(score("7"), Some(7));
        assert_eq!(score("\"7\""), Some(7));
        assert_eq!(score("0"), None);
        assert_eq!(score("11"), None);
        assert_eq!(score("\"hard\""), None);
    }

    #[test]
    fn unknown_field_is_refused_by_name() {
        let error = serde_json::from_str::<ExecuteRequest>(r#"{"instruction":"x","excutor":"claude"}"#);
        assert!(error.unwrap_err().to_string().contains("excutor"));
    }
}
