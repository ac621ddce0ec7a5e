//! The part of YAML that front matter needs: texts, lists and maps with their lines. Anchors and aliases are refused.

use granit_parser::{Event, Parser, ScalarStyle, ScanError};

/// Most lists and maps within each other.
const DEEPEST: usize = 8;
/// Most keys of a map.
const MOST_KEYS: usize = 200;

/// A value with its line, from 1.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) line: u32,
    pub(crate) value: Yaml,
}

#[derive(Debug)]
pub(crate) enum Yaml {
    /// A scalar as it is written: `1.0` stays `1.0`.
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// Why a text cannot be read, with the line from 1 where it is known.
pub(crate) type Refused = (u32, String);

/// A list or map that is not complete.
enum Open {
    List(u32, Vec<Node>),
    /// With the key whose value comes next.
    Map(u32, Vec<(String, Node)>, Option<String>),
}

/// Reads one document.
pub(crate) fn parse(text: &str) -> Result<Option<Node>, Refused> {
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(refused)?;
        let line = number(span.start.line());
        if event.anchor_id().is_some() || event.is_alias() {
            return Err((line, "anchors and aliases are not allowed".to_owned()));
        }
        let complete = match event {
            Event::Scalar(text, style, ..) => {
                let absent = style == ScalarStyle::Plain && matches!(text.as_ref(), "~" | "null");
                let text = if absent { String::new() } else { text.into_owned() };
                Some(Node { line, value: Yaml::Text(text) })
            }
            Event::SequenceStart(..) => push(&mut open, Open::List(line, Vec::new()))?,
            Event::MappingStart(..) => push(&mut open, Open::Map(line, Vec::new(), None))?,
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(close),
            Event::DocumentStart(..) if documents > 0 => {
                return Err((line, "more than one YAML document".to_owned()));
            }
            Event::DocumentStart(..) => {
                documents += 1;
                None
            }
            _ => None,
        };
        if let Some(node) = complete {
            match open.last_mut() {
                Some(parent) => adopt(parent, node)?,
                None => root = Some(node),
            }
        }
    }
    Ok(root)
}

fn push(open: &mut Vec<Open>, new: Open) -> Result<Option<Node>, Refused> {
    if open.len() >= DEEPEST {
        let (Open::List(line, _) | Open::Map(line, ..)) = new;
        return Err((line, format!("lists and maps are nested too deeply: {DEEPEST} levels are allowed")));
    }
    open.push(new);
    Ok(None)
}

fn close(open: Open) -> Node {
    match open {
        Open::List(line, nodes) => Node { line, value: Yaml::List(nodes) },
        Open::Map(line, entries, _) => Node { line, value: Yaml::Map(entries) },
    }
}

/// Adds a value to the list or map that it belongs to. In a map, keys and values alternate.
fn adopt(parent: &mut Open, node: Node) -> Result<(), Refused> {
    match parent {
        Open::List(_, nodes) => nodes.push(node),
        Open::Map(_, entries, key) => match (key.take(), node.value) {
            (Some(name), value) => entries.push((name, Node { line: node.line, value })),
            (None, Yaml::Text(name)) if entries.iter().any(|(known, _)| *known == name) => {
                return Err((node.line, format!("the key '{name}' is repeated")));
            }
            (None, Yaml::Text(_)) if entries.len() >= MOST_KEYS => {
                return Err((node.line, format!("too many keys: {MOST_KEYS} are allowed")));
            }
            (None, Yaml::Text(name)) => *key = Some(name),
            (None, _) => return Err((node.line, "a key is not a text".to_owned())),
        },
    }
    Ok(())
}

fn refused(error: ScanError) -> Refused {
    (number(error.marker().line()), error.kind().to_string())
}

fn number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}
