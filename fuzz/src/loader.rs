//! Whatever the bytes are, reading them from their outside ends, and says something.

use crate::component_parser::{NotComponent, ParsedComponent, to_be_granted};
use crate::makeup;

/// One file.
pub fn run(bytes: &[u8]) {
    let told = makeup::of(bytes);
    assert!(told.producers.len() <= 64 && told.languages.len() <= 64, "what is told is bounded");
    match ParsedComponent::of(bytes) {
        Ok(parsed) => match parsed.kind() {
            Ok(kind) => {
                let missing = parsed.missing(kind).len();
                assert!(missing <= parsed.imports.len());
                assert!(to_be_granted(&parsed.imports).len() <= parsed.imports.len());
                assert!(parsed.exports.iter().any(|export| export.starts_with("jackfield:plugin/about")));
            }
            Err(why) => assert!(!why.is_empty(), "a refusal has its reason"),
        },
        Err(NotComponent::Unreadable(why)) => assert!(!why.is_empty()),
        Err(NotComponent::CoreModule | NotComponent::Nested) => {}
    }
}
