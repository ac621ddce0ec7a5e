//! What the sections refuse, in the words of somebody who writes the file.

use super::Config;
use super::keys::{Key, flat, shown};

/// How like a known name an unknown one must be to be a slip: 1 is the same.
const ALIKE: f64 = 0.6;

/// What is wrong with a setting and what to do, from what the parser says of it.
pub(crate) fn explain(key: &Key, message: &str, quoted: &[&str]) -> (String, String) {
    let first = quoted.first().copied().unwrap_or_default();
    if message.starts_with("unknown field") {
        let section = key.parent();
        let place = if section.0.is_empty() { "the file".to_owned() } else { format!("[{section}]") };
        return (
            format!("{place} has no key `{first}`"),
            suggestion(first, quoted.get(1..).unwrap_or_default()),
        );
    }
    let simple = plain(message);
    let said = format!("{key}: {}", simple.trim());
    if message.starts_with("unknown variant") {
        return (said, suggestion(first, quoted.get(1..).unwrap_or_default()));
    }
    let usual = flat(&Config::default()).get(key).cloned();
    let remedy = match (usual, key.name()) {
        (Some(value), Some(name)) if !value.is_null() && !value.is_array() => {
            format!("write it like `{name} = {}`", shown(key, Some(&value)))
        }
        _ => "write it like the commented default configuration".to_owned(),
    };
    (said, remedy)
}

/// What a parser says of a value, with types by the names of people who do not write Rust.
pub fn plain(message: &str) -> String {
    const WHOLE: &str = "expected a whole number, 0 or more";
    let mut plain = message.to_owned();
    for unsigned in ["usize", "u64", "u32", "u16"] {
        plain = plain.replace(&format!("expected {unsigned}"), WHOLE);
    }
    plain
        .replace("expected u8", "expected a whole number from 0 to 255")
        .replace("expected i64", "expected a whole number")
        .replace("expected i32", "expected a whole number")
        .replace("expected f64", "expected a number")
        .replace("expected a boolean", "expected true or false")
        .replace("expected a string", "expected text in quotes")
        .replace("expected path string", "expected text in quotes")
        .replace("expected struct ", "expected a section, ")
        .replace("expected a sequence", "expected a list")
        .replace("expected a map", "expected a section, { NAME = \"value\" }")
        .replace("expected internally tagged enum", "expected an object with the field that names its kind")
}

/// The names between backticks.
pub(crate) fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

/// What was meant, else what there is.
pub fn suggestion(name: &str, known: &[&str]) -> String {
    let alike = |known: &&str| strsim::normalized_damerau_levenshtein(&name.to_lowercase(), known);
    let near = known.iter().map(|known| (alike(known), *known)).filter(|(alike, _)| *alike >= ALIKE);
    if let Some((_, near)) = near.max_by(|one, other| one.0.total_cmp(&other.0)) {
        return format!("did you mean `{near}`?");
    }
    let elsewhere: Vec<_> = flat(&Config::default())
        .into_keys()
        .filter(|key| key.name() == Some(name))
        .map(|key| format!("[{}]", key.parent()))
        .collect();
    if !elsewhere.is_empty() {
        return format!("`{name}` belongs in {}", elsewhere.join(" or "));
    }
    match known {
        [] => "take it away".to_owned(),
        known => format!("there is: {}", known.join(", ")),
    }
}
