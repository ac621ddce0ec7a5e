//! `SKILL.md` in both formats: YAML front matter with Markdown, and Markdown with headings.

mod fields;
mod front_matter;
mod sections;

use crate::fault::Fault;
use crate::files::SKILL_MD;
use crate::id::SkillId;
use crate::schema::Schema;
use front_matter::FrontMatter;
use sections::{Line, Sections};

/// Longest title and longest description, characters.
const LONGEST_TITLE: usize = 200;
const LONGEST_DESCRIPTION: usize = 1024;
/// Most tags, and the longest one in bytes.
const MOST_TAGS: usize = 32;
const LONGEST_TAG: usize = 64;

/// The content of `SKILL.md`.
#[derive(Debug)]
pub(crate) struct SkillMd {
    pub(crate) title: String,
    pub(crate) description: String,
    /// Empty for the format with headings.
    pub(crate) front_matter: FrontMatter,
    pub(crate) tags: Vec<String>,
    pub(crate) inputs: Option<Schema>,
    pub(crate) outputs: Option<Schema>,
    /// The Markdown without front matter and without the sections of inputs, outputs and tags.
    pub(crate) body: String,
    /// The line in `SKILL.md` of each line of the body.
    pub(crate) body_lines: Vec<u32>,
}

/// Reads a `SKILL.md`.
pub(crate) fn read(id: &SkillId, bytes: &[u8]) -> Result<SkillMd, Vec<Fault>> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes
            .get(..error.valid_up_to())
            .unwrap_or_default()
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        vec![Fault::at(SKILL_MD, sections::number(line), "failed to read as text: it is not UTF-8")]
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut faults = Vec::new();
    let (front_matter, skipped) = match front_matter::read(text) {
        Ok(None) => (None, 0),
        Ok(Some((front_matter, lines))) => (Some(front_matter), lines),
        Err(found) => return Err(found),
    };
    let free = front_matter.is_some();
    let sections = Sections::read(text, skipped);
    let (title, description) = match &front_matter {
        Some(front) => {
            faults.extend(front.faults(id));
            (sections.title().unwrap_or_else(|| front.name.clone()), front.description.clone())
        }
        None => headings(&sections, &mut faults),
    };
    if title.chars().count() > LONGEST_TITLE {
        faults.push(Fault::of(
            SKILL_MD,
            format!("title too long: at most {LONGEST_TITLE} characters are allowed"),
        ));
    }
    if description.chars().count() > LONGEST_DESCRIPTION {
        let message = format!("description too long: at most {LONGEST_DESCRIPTION} characters are allowed");
        faults.push(Fault::of(SKILL_MD, message));
    }
    let mut declared = |lines: &[Line], side| {
        fields::read(lines, side, free).unwrap_or_else(|found| {
            faults.extend(found);
            None
        })
    };
    let inputs = declared(&sections.inputs, fields::Side::Inputs);
    let outputs = declared(&sections.outputs, fields::Side::Outputs);
    let tags = tags(&sections.tags).unwrap_or_else(|fault| {
        faults.push(fault);
        Vec::new()
    });
    if !faults.is_empty() {
        return Err(faults);
    }
    let (body, body_lines) = sections.body(inputs.is_none(), outputs.is_none());
    let front_matter = front_matter.unwrap_or_default();
    Ok(SkillMd { title, description, front_matter, tags, inputs, outputs, body, body_lines })
}

/// Title and description of the format with headings.
fn headings(sections: &Sections, faults: &mut Vec<Fault>) -> (String, String) {
    let Some(title) = sections.opening_title() else {
        let message = "no front matter and no title: begin the file with `---` or with a line `# Title`";
        faults.push(Fault::at(SKILL_MD, 1, message));
        return Default::default();
    };
    let description = sections.description();
    if description.is_empty() {
        faults.push(Fault::of(SKILL_MD, "no description: add a paragraph below the title"));
    }
    (title, description)
}

/// Tags, one for each list item or separated by commas.
fn tags(lines: &[Line]) -> Result<Vec<String>, Fault> {
    let mut tags: Vec<String> = Vec::new();
    for line in lines {
        let text = fields::item(line.text).unwrap_or_else(|| line.text.trim());
        for tag in text.split(',').map(|tag| tag.trim().trim_matches('`')).filter(|tag| !tag.is_empty()) {
            if tag.len() > LONGEST_TAG || tag.chars().any(char::is_control) {
                return Err(Fault::at(
                    SKILL_MD,
                    line.number,
                    format!("tag too long: {LONGEST_TAG} bytes are allowed"),
                ));
            }
            if !tags.iter().any(|known| known == tag) {
                tags.push(tag.to_owned());
            }
            if tags.len() > MOST_TAGS {
                return Err(Fault::at(
                    SKILL_MD,
                    line.number,
                    format!("too many tags: {MOST_TAGS} are allowed"),
                ));
            }
        }
    }
    Ok(tags)
}
