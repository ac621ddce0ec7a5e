//! The sections of inputs and outputs as JSON Schemas.

use super::sections::Line;
use crate::fault::Fault;
use crate::fences::Part;
use crate::files::SKILL_MD;
use crate::schema::{RELATIVE_PATH, Schema};
use jackfield_types::clip;
use serde_json::{Map, Value, json};

/// Most inputs or outputs, and the longest name in bytes.
const MOST: usize = 100;
const LONGEST_NAME: usize = 64;

/// What the fields are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Inputs,
    Outputs,
}

/// A list item `- name: type (required|optional) - text`.
struct Field {
    name: String,
    schema: Map<String, Value>,
    required: bool,
}

/// Reads a section. None if there is none, or if it is prose and prose is allowed.
pub(super) fn read(lines: &[Line], side: Side, prose_allowed: bool) -> Result<Option<Schema>, Vec<Fault>> {
    if let Some((line, text)) = block(lines) {
        let failed = |reason: String| {
            vec![Fault::at(SKILL_MD, line, format!("failed to read the JSON Schema: {reason}"))]
        };
        let document: Value = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        return Schema::new(document).map(Some).map_err(|error| failed(error.to_string()));
    }
    let items = items(lines);
    let read: Vec<Result<Field, Fault>> = items
        .iter()
        .map(|(line, text)| field(text, side).map_err(|message| Fault::at(SKILL_MD, *line, message)))
        .collect();
    if read.is_empty() || (prose_allowed && read.iter().all(Result::is_err)) {
        return Ok(None);
    }
    if read.len() > MOST {
        let line = lines.first().map_or(1, |line| line.number);
        return Err(vec![Fault::at(SKILL_MD, line, format!("too many fields: {MOST} are allowed"))]);
    }
    let (mut fields, mut faults) = (Vec::new(), Vec::new());
    for one in read {
        match one {
            Ok(field) => fields.push(field),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let line = lines.first().map_or(1, |line| line.number);
    schema(fields, side).map(Some).map_err(|message| vec![Fault::at(SKILL_MD, line, message)])
}

/// The content of the first fenced block `json`, with the line of its fence.
fn block(lines: &[Line]) -> Option<(u32, String)> {
    let is_json = |line: &&Line| matches!(line.part, Part::Opens(info) if info.eq_ignore_ascii_case("json"));
    let opening = lines.iter().find(is_json)?;
    let content = lines.iter().skip_while(|line| line.number <= opening.number);
    let content = content.take_while(|line| line.part == Part::Inside).flat_map(|line| [line.text, "\n"]);
    Some((opening.number, content.collect()))
}

/// List items with the lines that continue them.
fn items(lines: &[Line]) -> Vec<(u32, String)> {
    let mut items: Vec<(u32, String)> = Vec::new();
    for line in lines.iter().filter(|line| line.part == Part::Text) {
        let indented = line.text.starts_with([' ', '\t']);
        match (item(line.text), items.last_mut()) {
            (Some(text), _) if !indented => items.push((line.number, text.to_owned())),
            (_, Some((_, last))) if indented && !line.text.trim().is_empty() => {
                last.push(' ');
                last.push_str(line.text.trim());
            }
            _ => {}
        }
    }
    items
}

/// The text of a list item.
pub(super) fn item(line: &str) -> Option<&str> {
    let line = line.trim();
    line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).map(str::trim)
}

fn field(text: &str, side: Side) -> Result<Field, String> {
    const FORM: &str = "unusable field: write `- name: type (required|optional) - text`";
    let (name, rest) = text.split_once(':').ok_or(FORM)?;
    let name = name.trim().trim_matches(['`', '*']);
    if !is_name(name) {
        return Err(format!(
            "unusable name '{}': use a letter, then letters, digits, '_' or '-'",
            clip(name, 64)
        ));
    }
    let rest = rest.trim();
    let end = rest.find(|one: char| one.is_whitespace() || one == '(').unwrap_or(rest.len());
    let (kind, rest) = rest.split_at_checked(end).ok_or(FORM)?;
    let mut schema = typed(kind.trim_matches('`'), side)
        .ok_or_else(|| format!("unusable type '{}' of '{name}': {}", clip(kind, 32), types(side)))?;
    let (required, rest) = requirement(rest.trim()).ok_or(FORM)?;
    let separators = |one: char| one.is_whitespace() || matches!(one, '-' | '–' | '—' | ':');
    let description = rest.trim_start_matches(separators).trim();
    if !description.is_empty() {
        schema.insert("description".to_owned(), description.into());
    }
    Ok(Field { name: name.to_owned(), schema, required })
}

/// Whether the field is required, which is so unless it says otherwise, and the text after that.
fn requirement(text: &str) -> Option<(bool, &str)> {
    let Some(inner) = text.strip_prefix('(') else { return Some((true, text)) };
    let (word, rest) = inner.split_once(')')?;
    match word.trim().to_ascii_lowercase().as_str() {
        "required" => Some((true, rest)),
        "optional" => Some((false, rest)),
        _ => None,
    }
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    name.len() <= LONGEST_NAME
        && name.bytes().all(allowed)
        && name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
}

fn types(side: Side) -> &'static str {
    match side {
        Side::Inputs => "use string, number, integer, boolean, object, array, string[], number[] or object[]",
        Side::Outputs => {
            "use string, number, integer, boolean, object, array, string[], number[], object[], file or file[]"
        }
    }
}

fn typed(kind: &str, side: Side) -> Option<Map<String, Value>> {
    let of = |name: &str| match name {
        "string" | "number" | "object" => Some(json!({ "type": name })),
        "file" if side == Side::Outputs => Some(json!({
            "type": "string", "minLength": 1, "maxLength": 512, "pattern": RELATIVE_PATH, "x-file": true
        })),
        _ => None,
    };
    let schema = match kind.strip_suffix("[]") {
        Some(element) => json!({ "type": "array", "items": of(element)? }),
        None if matches!(kind, "integer" | "boolean" | "array") => json!({ "type": kind }),
        None => of(kind)?,
    };
    match schema {
        Value::Object(schema) => Some(schema),
        _ => None,
    }
}

/// Other inputs are refused. Other outputs of an agent are harmless and are ignored.
fn schema(fields: Vec<Field>, side: Side) -> Result<Schema, String> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for Field { name, schema, required: is_required } in fields {
        if is_required {
            required.push(Value::from(name.as_str()));
        }
        if properties.insert(name.clone(), Value::Object(schema)).is_some() {
            return Err(format!("repeated field '{name}': each name is allowed once"));
        }
    }
    let mut document = json!({ "type": "object", "properties": properties, "required": required });
    if let (Side::Inputs, Some(document)) = (side, document.as_object_mut()) {
        document.insert("additionalProperties".to_owned(), false.into());
    }
    Schema::new(document).map_err(|error| error.to_string())
}
