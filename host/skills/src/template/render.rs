//! Rendering of templates.

use super::parse::{Name, Node};
use crate::schema::{Found, Place, Schema, find};
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;

/// Longest text, bytes.
const LONGEST: usize = 1024 * 1024;
/// Most nodes rendered. Sections within each other repeat their content without adding to the text.
const MOST_STEPS: usize = 1_000_000;

/// A template that cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A value is missing, and the inputs do not declare it as optional.
    #[error("missing value '{name}' in line {line} of the template")]
    Missing {
        /// The name as it is written, with dots between its parts.
        name: String,
        /// The line of the template, from 1.
        line: u32,
    },
    /// The text or the work to make it is out of bounds.
    #[error("rendered text too long: at most 1 MiB and 1,000,000 steps are allowed")]
    TooLong,
}

pub(super) fn render(
    nodes: &[Node],
    source: &str,
    inputs: &Value,
    declared: &Schema,
) -> Result<String, RenderError> {
    let mut render = Render {
        source,
        values: vec![inputs],
        places: vec![declared.place()],
        text: String::new(),
        steps: 0,
    };
    render.nodes(nodes)?;
    Ok(render.text)
}

struct Render<'a> {
    source: &'a str,
    /// The contexts, the innermost last, with what the schema says about each.
    values: Vec<&'a Value>,
    places: Vec<Place<'a>>,
    text: String,
    steps: usize,
}

impl<'a> Render<'a> {
    fn nodes(&mut self, nodes: &[Node]) -> Result<(), RenderError> {
        for node in nodes {
            self.step()?;
            match node {
                Node::Text(range) => self.source(range)?,
                Node::Value(name) => self.value(name)?,
                Node::Section { name, inverted, nodes } => self.section(name, *inverted, nodes)?,
            }
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), RenderError> {
        self.steps += 1;
        if self.steps > MOST_STEPS { Err(RenderError::TooLong) } else { Ok(()) }
    }

    fn source(&mut self, range: &Range<usize>) -> Result<(), RenderError> {
        let text = self.source.get(range.clone()).unwrap_or_default();
        self.push(text)
    }

    fn push(&mut self, text: &str) -> Result<(), RenderError> {
        if self.text.len() + text.len() > LONGEST {
            return Err(RenderError::TooLong);
        }
        self.text.push_str(text);
        Ok(())
    }

    fn value(&mut self, name: &Name) -> Result<(), RenderError> {
        let path = name.path(self.source);
        let Some(value) = self.find(&path) else {
            if let Found::Declared(_) = find(&self.places, &path) {
                return Ok(());
            }
            return Err(RenderError::Missing { name: name.text(self.source).to_owned(), line: name.line });
        };
        let text = match value {
            Value::Null => return Ok(()),
            Value::String(text) => Cow::Borrowed(text.as_str()),
            other => Cow::Owned(other.to_string()),
        };
        self.push(&text)
    }

    fn section(&mut self, name: &Name, inverted: bool, nodes: &[Node]) -> Result<(), RenderError> {
        let path = name.path(self.source);
        let value = self.find(&path).filter(|value| !is_empty(value));
        match (value, inverted) {
            (None, true) => self.nodes(nodes),
            (None, false) | (Some(_), true) => Ok(()),
            (Some(value), false) => {
                let place = match (find(&self.places, &path), self.places.first()) {
                    (Found::Declared(place), _) => Some(place.context()),
                    (_, root) => root.map(|root| root.anything()),
                };
                let depth = self.places.len();
                self.places.extend(place);
                let elements = match value {
                    Value::Array(elements) => elements.as_slice(),
                    other => std::slice::from_ref(other),
                };
                for element in elements {
                    self.step()?;
                    self.values.push(element);
                    self.nodes(nodes)?;
                    self.values.pop();
                }
                self.places.truncate(depth);
                Ok(())
            }
        }
    }

    /// The value of a name, looked up in the innermost context that has its first part.
    fn find(&self, path: &[&str]) -> Option<&'a Value> {
        let Some((first, rest)) = path.split_first() else { return self.values.last().copied() };
        let found = self.values.iter().rev().find_map(|context| context.as_object()?.get(*first))?;
        rest.iter().try_fold(found, |value, part| value.as_object()?.get(*part))
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}
