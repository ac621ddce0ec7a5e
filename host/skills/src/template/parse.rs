//! Parsing of templates.

use std::ops::Range;

/// Most sections within each other.
pub(super) const DEEPEST: usize = 16;
/// Longest tag, bytes. Comments may be longer.
const LONGEST_TAG: usize = 256;

/// A part of a template. Ranges are those of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Text(Range<usize>),
    Value(Name),
    Section { name: Name, inverted: bool, nodes: Vec<Node> },
}

/// A name that a template uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    range: Range<usize>,
    /// From 1.
    pub(super) line: u32,
}

impl Name {
    /// As it is written: names with dots between them, or one dot for the element of a list.
    pub(super) fn text<'a>(&self, source: &'a str) -> &'a str {
        source.get(self.range.clone()).unwrap_or_default()
    }

    /// The names between the dots; none for the element of a list.
    pub(super) fn path<'a>(&self, source: &'a str) -> Vec<&'a str> {
        self.text(source).split('.').filter(|part| !part.is_empty()).collect()
    }
}

/// A template that cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to parse the template: line {line}: {message}")]
pub struct TemplateError {
    /// The line, from 1.
    pub line: u32,
    /// Why it cannot be parsed.
    pub message: String,
}

/// A section that is not closed.
struct Open {
    name: Name,
    inverted: bool,
    /// The nodes before the section.
    before: Vec<Node>,
}

struct Parser<'a> {
    source: &'a str,
    nodes: Vec<Node>,
    open: Vec<Open>,
    line: u32,
    /// Nothing but blanks has been read of the current line, which begins there.
    blank_since: Option<usize>,
}

pub(super) fn nodes(source: &str) -> Result<Vec<Node>, TemplateError> {
    let mut parser = Parser { source, nodes: Vec::new(), open: Vec::new(), line: 1, blank_since: Some(0) };
    let mut at = 0;
    while let Some(found) = parser.rest(at).find("{{") {
        at = parser.tag(at, at + found)?;
    }
    parser.text(at..source.len());
    if let Some(open) = parser.open.pop() {
        let message = format!("the section '{}' is not closed", open.name.text(source));
        return Err(TemplateError { line: open.name.line, message });
    }
    Ok(parser.nodes)
}

impl<'a> Parser<'a> {
    fn rest(&self, at: usize) -> &'a str {
        self.source.get(at..).unwrap_or_default()
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T, TemplateError> {
        Err(TemplateError { line: self.line, message: message.into() })
    }

    /// Adds text and counts its lines.
    fn text(&mut self, range: Range<usize>) {
        let text = self.source.get(range.clone()).unwrap_or_default();
        if text.is_empty() {
            return;
        }
        self.pass(text, range.start);
        self.nodes.push(Node::Text(range));
    }

    /// Counts the lines of a text that has been read.
    fn count(&mut self, text: &str) {
        let lines = text.bytes().filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
    }

    fn pass(&mut self, text: &str, start: usize) {
        self.count(text);
        let (since, last) = match text.rfind('\n') {
            Some(end) => (Some(start + end + 1), text.get(end + 1..).unwrap_or_default()),
            None => (self.blank_since, text),
        };
        self.blank_since = since.filter(|_| last.bytes().all(|byte| matches!(byte, b' ' | b'\t')));
    }

    /// Reads the text from `at` and the tag after it. Returns the offset after the tag.
    fn tag(&mut self, at: usize, start: usize) -> Result<usize, TemplateError> {
        self.text(at..start);
        let inner = start + 2;
        let Some(length) = self.rest(inner).find("}}") else {
            return self.fail("a tag is not closed with `}}`");
        };
        let (tag, end) = (self.source.get(inner..inner + length).unwrap_or_default(), inner + length + 2);
        if tag.starts_with('!') {
            let next = self.alone(end);
            self.count(tag);
            return Ok(self.finish(end, next));
        }
        if tag.len() > LONGEST_TAG || tag.contains('\n') {
            return self.fail("a tag is not closed with `}}` in its line");
        }
        let Some(mark) =
            tag.chars().next().filter(|mark| matches!(mark, '#' | '^' | '/' | '{' | '&' | '>' | '='))
        else {
            let name = self.name(tag, inner)?;
            self.nodes.push(Node::Value(name));
            self.blank_since = None;
            return Ok(end);
        };
        if !matches!(mark, '#' | '^' | '/') {
            return self.fail(format!(
                "the tag `{{{{{mark}` is not supported: nothing is escaped, and there are no partials"
            ));
        }
        let next = self.alone(end);
        let name = self.name(tag.get(1..).unwrap_or_default(), inner + 1)?;
        if mark == '/' {
            self.close(&name)?
        } else {
            self.open(name, mark == '^')?
        }
        Ok(self.finish(end, next))
    }

    /// If the tag that ends at `end` is alone in its line: the offset of the next line. The blanks before the tag are
    /// removed then.
    fn alone(&mut self, end: usize) -> Option<usize> {
        let since = self.blank_since?;
        let rest = self.rest(end);
        let blanks = rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        let next = match rest.as_bytes().get(blanks) {
            Some(b'\n') => end + blanks + 1,
            None => end + blanks,
            Some(_) => return None,
        };
        if let Some(Node::Text(range)) = self.nodes.last_mut() {
            range.end = range.end.min(since.max(range.start));
        }
        Some(next)
    }

    fn finish(&mut self, end: usize, next: Option<usize>) -> usize {
        match next {
            Some(next) => {
                if next > end && self.source.as_bytes().get(next - 1) == Some(&b'\n') {
                    self.line = self.line.saturating_add(1);
                }
                self.blank_since = Some(next);
                next
            }
            None => {
                self.blank_since = None;
                end
            }
        }
    }

    fn name(&self, text: &str, offset: usize) -> Result<Name, TemplateError> {
        let name = text.trim();
        let start = offset + (text.len() - text.trim_start().len());
        let is_part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        if name != "." && !name.split('.').all(is_part) {
            return self.fail(format!("'{}' is not a name", name.escape_debug()));
        }
        Ok(Name { range: start..start + name.len(), line: self.line })
    }

    fn open(&mut self, name: Name, inverted: bool) -> Result<(), TemplateError> {
        if self.open.len() >= DEEPEST {
            return self
                .fail(format!("sections are nested too deeply: at most {DEEPEST} levels are allowed"));
        }
        self.open.push(Open { name, inverted, before: std::mem::take(&mut self.nodes) });
        Ok(())
    }

    fn close(&mut self, name: &Name) -> Result<(), TemplateError> {
        let closed = name.text(self.source);
        let Some(Open { name, inverted, before }) = self.open.pop() else {
            return self.fail(format!("the section '{closed}' is closed but was not opened"));
        };
        let opened = name.text(self.source);
        if opened != closed {
            return self.fail(format!("the section '{opened}' is open, but '{closed}' is closed"));
        }
        let nodes = std::mem::replace(&mut self.nodes, before);
        self.nodes.push(Node::Section { name, inverted, nodes });
        Ok(())
    }
}
