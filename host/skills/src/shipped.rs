//! The skills that are part of the program.

use crate::files::Files;
use crate::skill::{Skill, parse};

/// The path and the content of a file.
type ShippedFile = (&'static str, &'static [u8]);

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// The personas of a jury that are part of the program, as a JSON list.
pub const PERSONAS: &str = include_str!("../../../skills/personas.json");

/// The skills that are part of the program, by id.
pub fn shipped() -> Vec<Skill> {
    SHIPPED.iter().filter_map(|(id, files)| skill(id, files)).collect()
}

/// A test reads every one of them.
fn skill(id: &str, listed: &[ShippedFile]) -> Option<Skill> {
    let mut files = Files::new();
    for (path, bytes) in listed {
        files.add(path, bytes.to_vec(), false).ok()?;
    }
    parse(id.parse().ok()?, &files).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_shipped_skill_is_read_and_renders_its_templates() {
        for (id, listed) in SHIPPED {
            let mut files = Files::new();
            for (path, bytes) in *listed {
                files.add(path, bytes.to_vec(), false).unwrap();
            }
            let skill =
                parse(id.parse().unwrap(), &files).unwrap_or_else(|faults| panic!("{id}: {faults:?}"));
            assert!(skill.output_schema.is_some(), "{id} declares its outputs");
            let host = json!({
                "card": { "title": "Till {{x}}", "body": "b", "labels": [] }, "output_folder": "docs/cards/till",
                "answers": [{ "question": "q", "answer": "a" }], "feedback": null,
            });
            let text = skill.render(&json!({}), host.as_object().unwrap());
            let text = text.unwrap_or_else(|error| panic!("{id}: {error}"));
            let shows_card = skill.prompt.names().contains("card.title");
            assert_eq!(text.contains("Till {{x}}"), shows_card, "{id}: text of a card is data");
            for template in skill.templates.values() {
                assert!(text.contains(template.source().trim()), "{id} shows its templates");
            }
        }
        assert_eq!(shipped().len(), SHIPPED.len());
    }
}
