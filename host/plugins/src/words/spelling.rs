//! Names of the generated types as the WIT spells them.

/// `TestFail` as the WIT has it: `test-fail`.
pub(super) fn case(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for (at, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            words.push('-');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// `task_type` as the WIT has it: `task-type`.
pub(super) fn field(name: &str) -> String {
    name.trim_end_matches('_').replace('_', "-")
}
