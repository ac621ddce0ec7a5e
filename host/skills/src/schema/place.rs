//! Whether a schema declares a name that a template uses.

use super::bounds::resolve;
use serde_json::Value;

/// Most references in a row. A schema has no circle of them.
const MOST_REFERENCES: usize = 32;

/// A place of a schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    root: &'a Value,
    /// None where the schema says nothing.
    node: Option<&'a Value>,
}

/// What a schema says about a name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found<'a> {
    /// The schema declares it.
    Declared(Place<'a>),
    /// The schema allows any name there.
    Open,
    /// The schema has no such name.
    Unknown,
}

impl<'a> Place<'a> {
    pub(super) fn root(root: &'a Value) -> Self {
        Self { root, node: Some(root) }
    }

    /// The same schema at a place that it says nothing about.
    pub(crate) fn anything(self) -> Self {
        Self { node: None, ..self }
    }

    fn at(self, node: &'a Value) -> Self {
        let mut node = node;
        for _ in 0..MOST_REFERENCES {
            let Some(target) = node.get("$ref").and_then(Value::as_str) else { break };
            match resolve(self.root, target) {
                Some(found) => node = found,
                None => return self.anything(),
            }
        }
        Self { node: Some(node), ..self }
    }

    /// The place of a member of an object.
    fn member(self, name: &str) -> Found<'a> {
        let Some(node) = self.node else { return Found::Open };
        if let Some(found) = node.get("properties").and_then(|properties| properties.get(name)) {
            return Found::Declared(self.at(found));
        }
        if !self.may_be("object") {
            return Found::Unknown;
        }
        let more = [
            "patternProperties",
            "allOf",
            "anyOf",
            "oneOf",
            "if",
            "dependentSchemas",
            "unevaluatedProperties",
        ];
        let allows_more = node.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false));
        let is_open = node.get("properties").is_none() && node.get("additionalProperties").is_none();
        if is_open || allows_more || more.iter().any(|keyword| node.get(keyword).is_some()) {
            return Found::Open;
        }
        Found::Unknown
    }

    /// The context of a section: the place of an element for a list, otherwise the place itself.
    pub(crate) fn context(self) -> Self {
        let Some(node) = self.node else { return self };
        match (self.may_be("array"), self.may_be("object"), node.get("items")) {
            (false, ..) => self,
            (true, false, Some(items @ Value::Object(_))) if node.get("type").is_some() => self.at(items),
            _ => self.anything(),
        }
    }

    fn may_be(self, kind: &str) -> bool {
        match self.node.and_then(|node| node.get("type")) {
            Some(Value::String(only)) => only == kind,
            Some(Value::Array(several)) => several.iter().any(|one| one == kind),
            _ => true,
        }
    }
}

/// Looks a dotted name up in the contexts of a template, the innermost last.
pub(crate) fn find<'a>(contexts: &[Place<'a>], path: &[&str]) -> Found<'a> {
    let Some((first, rest)) = path.split_first() else {
        return contexts.last().map_or(Found::Unknown, |place| Found::Declared(*place));
    };
    let mut open = false;
    for place in contexts.iter().rev() {
        match place.member(first) {
            Found::Declared(found) if open => return Found::Declared(found.anything()),
            Found::Declared(found) => return descend(found, rest),
            Found::Open => open = true,
            Found::Unknown => {}
        }
    }
    if open { Found::Open } else { Found::Unknown }
}

fn descend<'a>(from: Place<'a>, path: &[&str]) -> Found<'a> {
    let mut place = from;
    for name in path {
        match place.member(name) {
            Found::Declared(found) => place = found,
            other => return other,
        }
    }
    Found::Declared(place)
}
