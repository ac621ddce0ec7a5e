//! A skill, read and checked.

use crate::digest::{SkillFile, digest};
use crate::fault::Fault;
use crate::files::{Files, SKILL_MD};
use crate::findings::{self, Asked, Findings};
use crate::folder;
use crate::id::SkillId;
use crate::schema::{Schema, SchemaFault};
use crate::skill_md::{self, SkillMd};
use crate::template::{RenderError, Template, TemplateError};
use jackfield_types::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// The file that takes the place of the Markdown as the prompt.
const PROMPT: &str = "prompt.txt";
/// The folder of templates.
const TEMPLATES: &str = "templates/";
/// What every prompt may use besides the inputs that its skill declares.
const OF_HOST: [&str; 5] = ["card", "output_folder", "answers", "feedback", "templates"];
/// Most faults of names that a template uses.
const MOST_UNDECLARED: usize = 20;

/// A skill: a reusable prompt with typed inputs and outputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Skill {
    /// The name of its folder.
    pub id: SkillId,
    /// The name that it gives itself, which equals the id.
    pub name: String,
    /// The first heading, or the name.
    pub title: String,
    /// What it does and when to use it.
    pub description: String,
    /// `metadata.version`, or `1`.
    pub version: String,
    /// `prompt.txt`, or the Markdown without front matter and declarations. Markdown of the Agent Skills format without
    /// declared inputs is text, in which `{{` stands for itself.
    pub prompt: Template,
    /// The text files of `templates/` by their path in it. They are text if the prompt is.
    pub templates: BTreeMap<String, Template>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The inputs. Without a declaration there are none.
    pub input_schema: Schema,
    /// The outputs, if it declares any.
    pub output_schema: Option<Schema>,
    /// The tools that it asks to use without a question.
    pub allowed_tools: Vec<String>,
    /// Its licence.
    pub license: Option<String>,
    /// The environment that it needs.
    pub compatibility: Option<String>,
    /// Further fields for tools.
    pub metadata: BTreeMap<String, String>,
    /// All its files, sorted by path.
    pub files: Vec<SkillFile>,
    /// The digest of all files by [`digest`].
    pub digest: Digest,
    /// What a person looks at before the skill is trusted.
    pub findings: Findings,
}

/// Reads a skill from its folder.
///
/// # Errors
/// All faults that were found.
pub fn read(folder: &Path) -> Result<Skill, Vec<Fault>> {
    let files = folder::files(folder)?;
    of_folder(folder, &files)
}

/// Reads a skill from the files of a folder.
pub(crate) fn of_folder(folder: &Path, files: &Files) -> Result<Skill, Vec<Fault>> {
    let failed = |message: String| vec![Fault::of(".", message)];
    let folder = match folder.file_name() {
        Some(_) => folder.to_owned(),
        None => {
            folder.canonicalize().map_err(|error| failed(format!("failed to find the folder: {error}")))?
        }
    };
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let id: SkillId =
        name.parse().map_err(|error| failed(format!("unusable name of the folder: {error}")))?;
    parse(id, files)
}

/// Reads a skill from files in memory, such as those of a catalogue.
///
/// # Errors
/// All faults that were found.
pub fn parse(id: SkillId, files: &Files) -> Result<Skill, Vec<Fault>> {
    let Some(content) = files.get(SKILL_MD) else {
        return Err(vec![Fault::of(SKILL_MD, "no SKILL.md: the folder is not a skill")]);
    };
    let skill_md = skill_md::read(&id, &content.bytes)?;
    let input_schema = match &skill_md.inputs {
        Some(schema) => schema.clone(),
        None => no_inputs().map_err(|fault| vec![fault])?,
    };
    let (prompt, templates) = prompts(&skill_md, &input_schema, files)?;
    let front = &skill_md.front_matter;
    let asked =
        Asked { tools: &front.allowed_tools, tools_line: front.tools_line, other_fields: &front.other };
    let findings = findings::of(files, &asked);
    let listed = files.listed();
    Ok(Skill {
        name: id.to_string(),
        id,
        version: front
            .metadata
            .get("version")
            .filter(|text| !text.is_empty())
            .map_or("1", String::as_str)
            .to_owned(),
        license: front.license.clone(),
        compatibility: front.compatibility.clone(),
        metadata: front.metadata.clone(),
        allowed_tools: front.allowed_tools.clone(),
        title: skill_md.title,
        description: skill_md.description,
        prompt,
        templates,
        tags: skill_md.tags,
        input_schema,
        output_schema: skill_md.outputs,
        digest: digest(&listed),
        files: listed,
        findings,
    })
}

impl Skill {
    /// Renders the prompt from its inputs and from what the host gives to every prompt: `card`, `output_folder`,
    /// `answers` and `feedback`. The templates are `templates.NAME`, where NAME is the name of the file without its
    /// ending.
    ///
    /// # Errors
    /// A [`RenderError`] if a value is missing or the text exceeds 1 MiB. Inputs are checked before, by
    /// [`Skill::check_inputs`].
    pub fn render(&self, inputs: &Value, host: &Map<String, Value>) -> Result<String, RenderError> {
        let mut all = host.clone();
        let templates = self.templates.iter().map(|(path, template)| {
            let name = path.split_once('.').map_or(path.as_str(), |(name, _)| name);
            (name.to_owned(), json!(template.source()))
        });
        all.insert("templates".to_owned(), Value::Object(templates.collect()));
        if let Some(inputs) = inputs.as_object() {
            all.extend(inputs.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        self.prompt.render(&Value::Object(all), &self.input_schema)
    }

    /// Checks inputs.
    ///
    /// # Errors
    /// The places that are not valid.
    pub fn check_inputs(&self, inputs: &Value) -> Result<(), Vec<SchemaFault>> {
        self.input_schema.check(inputs)
    }
}

fn no_inputs() -> Result<Schema, Fault> {
    let document = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    Schema::new(document).map_err(|error| Fault::of(SKILL_MD, error.to_string()))
}

/// The prompt and the templates.
fn prompts(
    skill_md: &SkillMd,
    inputs: &Schema,
    files: &Files,
) -> Result<(Template, BTreeMap<String, Template>), Vec<Fault>> {
    let mut faults = Vec::new();
    // Skills of others show the templates of other tools, which are not ours to fill in.
    let agent_skill = !skill_md.front_matter.name.is_empty();
    let literal = agent_skill && skill_md.inputs.is_none() && files.get(PROMPT).is_none();
    let mut template = |file: &str, text: &str, lines: &[u32]| {
        let read = if literal { Ok(Template::literal(text)) } else { template(file, text, lines, inputs) };
        read.map_err(|found| faults.extend(found)).ok()
    };
    let prompt = match files.get(PROMPT) {
        None => template(SKILL_MD, &skill_md.body, &skill_md.body_lines),
        Some(content) => match content.text() {
            Some(text) => template(PROMPT, text, &[]),
            None => return Err(vec![Fault::of(PROMPT, "failed to read as text: it is binary")]),
        },
    };
    let mut templates = BTreeMap::new();
    for (path, content) in files.iter() {
        let (Some(name), Some(text)) = (path.strip_prefix(TEMPLATES), content.text()) else { continue };
        if let Some(template) = template(path, text, &[]) {
            templates.insert(name.to_owned(), template);
        }
    }
    match prompt {
        Some(prompt) if prompt.source().trim().is_empty() => {
            let message = "no prompt: add text to SKILL.md or a file prompt.txt";
            Err(vec![Fault::of(SKILL_MD, message)])
        }
        Some(prompt) if faults.is_empty() => Ok((prompt, templates)),
        _ => Err(faults),
    }
}

/// A template whose names are all declared. `lines` has the line in the file of each line of the text, if they differ.
fn template(file: &str, text: &str, lines: &[u32], inputs: &Schema) -> Result<Template, Vec<Fault>> {
    let place = |line: u32| {
        let at = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        lines.get(at).copied().unwrap_or(line)
    };
    let template = Template::parse(text).map_err(|TemplateError { line, message }| {
        vec![Fault::at(file, place(line), format!("failed to parse the template: {message}"))]
    })?;
    let mut undeclared = template.undeclared(inputs);
    undeclared.retain(|one| !OF_HOST.contains(&one.name.split('.').next().unwrap_or_default()));
    if undeclared.is_empty() {
        return Ok(template);
    }
    let faults = undeclared.iter().take(MOST_UNDECLARED).map(|one| {
        Fault::at(
            file,
            place(one.line),
            format!("undeclared input '{}': add it to the section Inputs", one.name),
        )
    });
    Err(faults.collect())
}
