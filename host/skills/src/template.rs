//! Prompt templates: a subset of Mustache without logic.

mod names;
mod parse;
mod render;

pub use names::Undeclared;
pub use parse::TemplateError;
pub use render::RenderError;

use crate::schema::Schema;
use parse::Node;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// A template, parsed.
///
/// - `{{name}}` and `{{a.b}}` insert a value: a text as it is, other values as JSON, null as nothing.
/// - `{{#name}}…{{/name}}` repeats its content for each element of a list, with `{{.}}` for the element and names for
///   its members. For other values the content is rendered once, unless the value is missing or empty: null, false,
///   an empty text, list or object.
/// - `{{^name}}…{{/name}}` renders its content where `{{#name}}` would not.
/// - `{{! text }}` is a comment.
///
/// A section or a comment alone in its line leaves no line behind. Names are looked up in the innermost section first.
/// Nothing is escaped, and inserted text is never parsed. There are no partials, no lambdas and no other delimiters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Template {
    source: String,
    nodes: Vec<Node>,
    literal: bool,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// A [`TemplateError`] with its line if a tag is malformed, or sections are not closed, overlap or are nested more
    /// than 16 times.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        Ok(Self { source: source.to_owned(), nodes: parse::nodes(source)?, literal: false })
    }

    /// Text without tags: `{{` stands for itself.
    pub fn literal(text: &str) -> Self {
        let whole = Node::Text(0..text.len());
        Self { source: text.to_owned(), nodes: vec![whole], literal: true }
    }

    /// The text that was parsed.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The names that the template uses, as they are written.
    pub fn names(&self) -> BTreeSet<&str> {
        names::all(&self.nodes, &self.source)
    }

    /// The names that a schema neither declares nor allows.
    pub fn undeclared(&self, inputs: &Schema) -> Vec<Undeclared> {
        names::undeclared(&self.nodes, &self.source, inputs)
    }

    /// Renders the template in one pass. A missing value that the schema declares is empty; a missing value of a section
    /// is empty too.
    ///
    /// # Errors
    /// A [`RenderError`] if a value is missing that the schema does not declare, or if the text exceeds 1 MiB.
    pub fn render(&self, inputs: &Value, declared: &Schema) -> Result<String, RenderError> {
        render::render(&self.nodes, &self.source, inputs, declared)
    }
}

/// A template as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Template(String),
    Literal { literal: String },
}

impl TryFrom<Written> for Template {
    type Error = TemplateError;

    fn try_from(written: Written) -> Result<Self, TemplateError> {
        match written {
            Written::Template(source) => Self::parse(&source),
            Written::Literal { literal } => Ok(Self::literal(&literal)),
        }
    }
}

impl From<Template> for Written {
    fn from(template: Template) -> Self {
        if template.literal {
            Self::Literal { literal: template.source }
        } else {
            Self::Template(template.source)
        }
    }
}
