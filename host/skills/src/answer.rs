//! Structured outputs in the final answer of an agent.

use crate::fences::{Fences, Part};
use crate::schema::Schema;
use serde_json::Value;

/// Most bytes of an answer that are read, from its end.
const LONGEST: usize = 1024 * 1024;

/// The structured output in the final answer of an agent: the last fenced `json` block that is an object, or the whole
/// text if it is one. Only the last 1 MiB is read. The result is not yet checked against a schema.
pub fn answer(text: &str) -> Option<Value> {
    let start = text.ceil_char_boundary(text.len().saturating_sub(LONGEST));
    let text = text.get(start..).unwrap_or_default();
    let object = |text: &str| serde_json::from_str(text).ok().filter(Value::is_object);
    blocks(text).into_iter().rev().find_map(|block| object(&block)).or_else(|| object(text.trim()))
}

/// The content of each fenced `json` block. The last one may be open: an answer can be cut off after it.
fn blocks(text: &str) -> Vec<String> {
    let mut fences = Fences::default();
    let mut blocks: Vec<String> = Vec::new();
    let mut is_json = false;
    for line in text.lines() {
        match fences.take(line) {
            Part::Opens(info) => {
                is_json =
                    info.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("json"));
                if is_json {
                    blocks.push(String::new());
                }
            }
            Part::Inside if is_json => {
                if let Some(block) = blocks.last_mut() {
                    block.push_str(line);
                    block.push('\n');
                }
            }
            _ => {}
        }
    }
    blocks
}

/// The paragraph that is appended to a prompt, so that the final answer of the agent ends with the outputs.
pub fn ask(outputs: &Schema) -> String {
    // In JSON a line feed inside of a text is escaped, so no description can close the block.
    let schema = serde_json::to_string_pretty(outputs.document()).unwrap_or_default();
    format!(
        "End your final answer with one fenced code block marked `json`. It contains one JSON object with the outputs, \
         valid under the JSON Schema below, and nothing follows it. The path of a file is relative to the output \
         folder.\n\n```json\n{schema}\n```\n"
    )
}
