//! The YAML front matter of the Agent Skills format.

use crate::fault::Fault;
use crate::files::SKILL_MD;
use crate::id::SkillId;
use crate::yaml::{self, Node, Yaml};
use jackfield_types::clip;
use std::collections::BTreeMap;

/// Longest `compatibility`, and any other text, characters.
const LONGEST_COMPATIBILITY: usize = 500;
const LONGEST_TEXT: usize = 1024;
/// Most tools, and the longest one in bytes.
const MOST_TOOLS: usize = 100;
const LONGEST_TOOL: usize = 200;

/// The fields of a front matter.
#[derive(Debug, Default)]
pub(crate) struct FrontMatter {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) license: Option<String>,
    pub(crate) compatibility: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) allowed_tools: Vec<String>,
    /// The line of `allowed-tools`.
    pub(crate) tools_line: u32,
    /// Fields outside of the specification, with their lines. Some agents run commands that such fields give.
    pub(crate) other: Vec<(String, u32)>,
    name_line: u32,
}

/// Reads the front matter and the number of its lines, if the text has one.
pub(super) fn read(text: &str) -> Result<Option<(FrontMatter, usize)>, Vec<Fault>> {
    let mut lines = text.lines();
    if lines.next().map(str::trim_end) != Some("---") {
        return Ok(None);
    }
    let Some(length) = lines.position(|line| line.trim_end() == "---") else {
        return Err(vec![Fault::at(SKILL_MD, 1, "front matter without end: add a line `---` after it")]);
    };
    let block: String = text.lines().skip(1).take(length).flat_map(|line| [line, "\n"]).collect();
    let root = yaml::parse(&block).map_err(|(line, reason)| {
        vec![Fault::at(
            SKILL_MD,
            line.saturating_add(1),
            format!("failed to read the front matter: {reason}"),
        )]
    })?;
    let Some(Node { value: Yaml::Map(entries), .. }) = root else {
        return Err(vec![Fault::at(
            SKILL_MD,
            2,
            "failed to read the front matter: it is not a map of fields",
        )]);
    };
    let mut front_matter = FrontMatter::default();
    let mut faults = Vec::new();
    for (key, node) in entries {
        // The block begins in line 2.
        let line = node.line.saturating_add(1);
        if let Err(message) = front_matter.set(&key, node.value, line) {
            faults.push(Fault::at(SKILL_MD, line, format!("unusable field '{}': {message}", clip(&key, 64))));
        }
    }
    if faults.is_empty() { Ok(Some((front_matter, length + 2))) } else { Err(faults) }
}

impl FrontMatter {
    fn set(&mut self, key: &str, value: Yaml, line: u32) -> Result<(), String> {
        match key {
            "name" => {
                self.name = text(value, LONGEST_TEXT)?;
                self.name_line = line;
            }
            "description" => self.description = text(value, LONGEST_TEXT)?,
            "license" => self.license = Some(text(value, LONGEST_TEXT)?),
            "compatibility" => self.compatibility = Some(text(value, LONGEST_COMPATIBILITY)?),
            "metadata" => self.metadata = metadata(value)?,
            "allowed-tools" => {
                self.allowed_tools = tools(value)?;
                self.tools_line = line;
            }
            _ => self.other.push((clip(key, 64), line)),
        }
        Ok(())
    }

    /// The faults of required fields. The name must be that of the folder.
    pub(super) fn faults(&self, id: &SkillId) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.name.is_empty() {
            faults.push(Fault::at(SKILL_MD, 1, "no name: add `name` to the front matter"));
        } else if let Err(error) = self.name.parse::<SkillId>() {
            faults.push(Fault::at(SKILL_MD, self.name_line, format!("unusable name: {error}")));
        } else if self.name != id.as_str() {
            let message = format!("unusable name: '{}' is not the name of the folder, '{id}'", self.name);
            faults.push(Fault::at(SKILL_MD, self.name_line, message));
        }
        if self.description.is_empty() {
            faults.push(Fault::at(SKILL_MD, 1, "no description: add `description` to the front matter"));
        }
        faults
    }
}

fn text(value: Yaml, most: usize) -> Result<String, String> {
    let Yaml::Text(text) = value else { return Err("it must be a text".to_owned()) };
    if text.chars().count() > most {
        return Err(format!("at most {most} characters are allowed"));
    }
    Ok(text.trim().to_owned())
}

fn metadata(value: Yaml) -> Result<BTreeMap<String, String>, String> {
    match value {
        Yaml::Map(entries) => {
            entries.into_iter().map(|(key, node)| Ok((key, text(node.value, LONGEST_TEXT)?))).collect()
        }
        Yaml::Text(text) if text.is_empty() => Ok(BTreeMap::new()),
        _ => Err("it must be a map of texts".to_owned()),
    }
}

/// Tools as the specification has them, separated by spaces, or as a list.
fn tools(value: Yaml) -> Result<Vec<String>, String> {
    let tools = match value {
        Yaml::Text(text) => split(&text),
        Yaml::List(nodes) => {
            nodes.into_iter().map(|node| text(node.value, LONGEST_TEXT)).collect::<Result<_, _>>()?
        }
        Yaml::Map(_) => return Err("it must be a text with spaces between the tools".to_owned()),
    };
    if tools.len() > MOST_TOOLS || tools.iter().any(|tool| tool.len() > LONGEST_TOOL) {
        return Err(format!("at most {MOST_TOOLS} tools of {LONGEST_TOOL} bytes are allowed"));
    }
    Ok(tools)
}

/// Splits at spaces and commas outside of parentheses: `Bash(git add:*) Read`.
fn split(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let parts = text.split(|one: char| {
        match one {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && (one.is_whitespace() || one == ',')
    });
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
