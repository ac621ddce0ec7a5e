//! Facts in a file, as JSON or TOML.

use jackfield_types::{ErrorCode, Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// Facts for a call: from a file, from standard input for `-`; none where no file is named.
///
/// # Errors
/// A [`Problem`] that names the file and what is wrong in it.
pub fn read_facts(file: Option<&Path>) -> Result<Value, Problem> {
    match file {
        None => Ok(Value::Null),
        Some(file) if file == Path::new("-") => {
            let mut text = String::new();
            let read = std::io::stdin().lock().read_to_string(&mut text);
            read.map_err(|error| unreadable(file, &error.to_string()))?;
            serde_json::from_str(&text).map_err(|error| unreadable(file, &error.to_string()))
        }
        Some(file) => read_file(file),
    }
}

/// A file of JSON, or of TOML where its name ends so.
///
/// # Errors
/// A [`Problem`] that names the file and what is wrong in it.
pub fn read_file<T: DeserializeOwned>(file: &Path) -> Result<T, Problem> {
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, &error.to_string()))?;
    if file.extension().is_some_and(|extension| extension == "toml") {
        toml::from_str(&text).map_err(|error| unreadable(file, error.to_string().trim_end()))
    } else {
        serde_json::from_str(&text).map_err(|error| unreadable(file, &error.to_string()))
    }
}

fn unreadable(file: &Path, why: &str) -> Problem {
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    Problem::caller(
        ErrorCode::UnreadableFacts,
        format!("{name} cannot be read: {why}"),
        "give JSON, or TOML in a file whose name ends in .toml",
    )
}
