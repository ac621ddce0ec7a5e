//! The names that a template uses.

use super::parse::{Name, Node};
use crate::schema::{Found, Place, Schema, find};
use std::collections::BTreeSet;

/// A name that a template uses and that the inputs do not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undeclared {
    /// As it is written.
    pub name: String,
    /// The line of the template, from 1.
    pub line: u32,
}

pub(super) fn all<'a>(nodes: &[Node], source: &'a str) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    collect(nodes, source, &mut names);
    names
}

fn collect<'a>(nodes: &[Node], source: &'a str, names: &mut BTreeSet<&'a str>) {
    for node in nodes {
        match node {
            Node::Text(_) => {}
            Node::Value(name) => {
                names.insert(name.text(source));
            }
            Node::Section { name, nodes, .. } => {
                names.insert(name.text(source));
                collect(nodes, source, names);
            }
        }
    }
}

pub(super) fn undeclared(nodes: &[Node], source: &str, inputs: &Schema) -> Vec<Undeclared> {
    let mut search = Search { source, contexts: vec![inputs.place()], found: Vec::new() };
    search.nodes(nodes);
    search.found
}

struct Search<'a> {
    source: &'a str,
    contexts: Vec<Place<'a>>,
    found: Vec<Undeclared>,
}

impl<'a> Search<'a> {
    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Text(_) => {}
                Node::Value(name) => {
                    self.name(name);
                }
                Node::Section { name, inverted, nodes } => {
                    // The content of an inverted section has the contexts around it.
                    let context = self.name(name).filter(|_| !inverted);
                    self.contexts.extend(context);
                    self.nodes(nodes);
                    if context.is_some() {
                        self.contexts.pop();
                    }
                }
            }
        }
    }

    /// The context of a section with this name.
    fn name(&mut self, name: &Name) -> Option<Place<'a>> {
        match find(&self.contexts, &name.path(self.source)) {
            Found::Declared(place) => Some(place.context()),
            Found::Open => self.contexts.first().map(|root| root.anything()),
            Found::Unknown => {
                self.found.push(Undeclared { name: name.text(self.source).to_owned(), line: name.line });
                None
            }
        }
    }
}
