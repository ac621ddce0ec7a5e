//! The bounds of a schema that a stranger wrote.
//!
//! A validator follows every reference wherever it stands, so a few lines can describe a check that never ends:
//! definitions that refer to the next one twice each. Hence the size that is bounded is that of the schema with every
//! reference written out.

use jackfield_types::clip;
use serde_json::Value;
use std::collections::BTreeMap;

/// Most schemas within each other, references followed.
const DEEPEST: usize = 64;
/// Most parts, references written out.
const MOST_PARTS: u64 = 2_000;
/// The drafts that `$schema` may name.
const DRAFTS: [&str; 2] =
    ["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema"];
/// Keywords that change what a reference means.
const REFUSED: [&str; 8] = [
    "$id",
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "id",
];

/// Checks a schema. The number of its parts with every reference written out.
pub(super) fn check(document: &Value) -> Result<u64, String> {
    if document.get("type") != Some(&Value::from("object")) {
        return Err("`type` must be `object`".to_owned());
    }
    if let Some(draft) = document.get("$schema") {
        let named = draft.as_str().map(|draft| draft.trim_end_matches('#'));
        if !named.is_some_and(|named| DRAFTS.contains(&named)) {
            return Err(format!("`$schema` must be {} or {}", DRAFTS[0], DRAFTS[1]));
        }
    }
    Walk { root: document, known: BTreeMap::new() }.schema(document, 0).map(|size| size.parts)
}

/// The size of a schema, references followed.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    parts: u64,
    /// The most schemas within each other below it.
    height: usize,
}

impl Size {
    /// Adds a schema beside those before it.
    fn beside(&mut self, other: Self) -> Result<(), String> {
        self.parts = self.parts.saturating_add(other.parts);
        self.height = self.height.max(other.height);
        if self.parts > MOST_PARTS {
            return Err(format!(
                "too large: with references written out at most {MOST_PARTS} parts are allowed"
            ));
        }
        Ok(())
    }
}

struct Walk<'a> {
    root: &'a Value,
    /// The size of the target of each reference; none while it is being measured.
    known: BTreeMap<&'a str, Option<Size>>,
}

impl<'a> Walk<'a> {
    /// The size of a schema at a depth.
    fn schema(&mut self, schema: &'a Value, depth: usize) -> Result<Size, String> {
        shallow(depth)?;
        let mut inner = Size::default();
        match schema {
            Value::Object(keywords) => {
                for (keyword, value) in keywords {
                    inner.beside(self.keyword(keyword, value, depth + 1)?)?;
                }
            }
            Value::Array(schemas) => {
                for one in schemas {
                    inner.beside(self.schema(one, depth + 1)?)?;
                }
            }
            _ => {}
        }
        Ok(Size { parts: inner.parts + 1, height: inner.height + 1 })
    }

    fn keyword(&mut self, keyword: &str, value: &'a Value, depth: usize) -> Result<Size, String> {
        match (keyword, value) {
            ("$ref", Value::String(target)) => self.target(target, depth),
            (keyword, Value::String(_)) if REFUSED.contains(&keyword) => {
                Err(format!("the keyword `{keyword}` is not allowed"))
            }
            ("$schema", _) if depth > 1 => Err("`$schema` is allowed at the top only".to_owned()),
            // Data, whatever it looks like. It counts, because it is compared.
            ("const" | "default" | "enum" | "examples", data) => data_size(data, depth),
            (
                "$defs" | "definitions" | "dependencies" | "dependentSchemas" | "patternProperties"
                | "properties",
                Value::Object(named),
            ) => {
                let mut size = Size::default();
                for schema in named.values() {
                    size.beside(self.schema(schema, depth)?)?;
                }
                Ok(size)
            }
            (_, value @ (Value::Object(_) | Value::Array(_))) => self.schema(value, depth),
            _ => Ok(Size::default()),
        }
    }

    /// The size of what a reference leads to.
    fn target(&mut self, target: &'a str, depth: usize) -> Result<Size, String> {
        match self.known.get(target) {
            Some(Some(size)) => return shallow(depth + size.height).map(|()| *size),
            Some(None) => return Err(format!("the reference '{}' leads back to itself", clip(target, 100))),
            None => {}
        }
        let found = resolve(self.root, target).ok_or_else(|| {
            let target = clip(target, 100);
            format!("the reference '{target}' is not a place of the schema: only `#/…` is allowed")
        })?;
        self.known.insert(target, None);
        let size = self.schema(found, depth)?;
        self.known.insert(target, Some(size));
        Ok(size)
    }
}

fn shallow(depth: usize) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("nested too deeply: at most {DEEPEST} levels are allowed"));
    }
    Ok(())
}

/// The size of some data.
fn data_size(data: &Value, depth: usize) -> Result<Size, String> {
    shallow(depth)?;
    let mut inner = Size::default();
    match data {
        Value::Array(values) => {
            for value in values {
                inner.beside(data_size(value, depth + 1)?)?;
            }
        }
        Value::Object(values) => {
            for value in values.values() {
                inner.beside(data_size(value, depth + 1)?)?;
            }
        }
        _ => {}
    }
    Ok(Size { parts: inner.parts + 1, height: inner.height + 1 })
}

/// The place of a reference `#/…`. Percent encoding is refused, so that each place has one name.
pub(super) fn resolve<'a>(root: &'a Value, target: &str) -> Option<&'a Value> {
    let pointer =
        target.strip_prefix('#').filter(|pointer| pointer.starts_with('/') && !pointer.contains('%'))?;
    root.pointer(pointer)
}

/// The size of a value as the work of checking it: the number of values, and one more for every 64 bytes of text. Some
/// number above `most` if it exceeds that.
pub(super) fn weight(value: &Value, most: u64) -> u64 {
    let mut open = vec![value];
    let mut weight: u64 = 1;
    while let Some(value) = open.pop() {
        let inner: &mut dyn Iterator<Item = &Value> = match value {
            Value::Array(values) => &mut values.iter(),
            Value::Object(values) => &mut values.values(),
            Value::String(text) => {
                weight += text.len() as u64 / 64;
                continue;
            }
            _ => continue,
        };
        for one in inner {
            weight += 1;
            if weight > most {
                return weight;
            }
            open.push(one);
        }
    }
    weight
}
