//! A folder in which a component is written: source, contract, recipe, cases.

use super::language::Language;
use super::manifest;
use super::templates::{README, SDK, SDK_MANIFEST, WIT, WORKSPACE, cases, files};
use jackfield_types::{ErrorCode, PluginKind, Problem};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A folder that was written.
#[derive(Debug, Clone, Serialize)]
pub struct NewPlugin {
    /// Where.
    pub folder: PathBuf,
    /// The component's name.
    pub name: String,
    /// Its kind.
    pub kind: PluginKind,
    /// What it is written in.
    pub language: Language,
    /// The files, within the folder.
    pub files: Vec<String>,
}

/// Writes a new folder, `into/NAME`.
///
/// # Errors
/// A [`Problem`] where the name does not fit a component, or something is there already.
pub fn new(into: &Path, name: &str, kind: PluginKind, language: Language) -> Result<NewPlugin, Problem> {
    check_name(name)?;
    let folder = into.join(name);
    let occupied = std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied || folder.is_file() {
        return Err(Problem::caller(
            ErrorCode::FolderInUse,
            format!("{} is there already", folder.display()),
            "choose another name, or remove it",
        ));
    }
    let fill = |text: &str| {
        let recipe = text.replace("{{recipe}}", language.recipe()).replace("{{source}}", language.source());
        let words = recipe.replace("{{kind}}", kind.as_str()).replace("{{language}}", language.title());
        words.replace("{{summary}}", summary(kind)).replace("{{name}}", name)
    };
    let mut written = Vec::new();
    let mut write = |path: &str, text: &str| {
        written.push(path.to_owned());
        write_file(&folder.join(path), text)
    };
    let shared = [("cases.toml", cases(kind)), ("README.md", README)];
    for (path, text) in files(kind, language).into_iter().chain(shared) {
        write(path, &fill(text))?;
    }
    WIT.iter().try_for_each(|(path, text)| write(path, text))?;
    if language == Language::Rust {
        SDK.iter().try_for_each(|(path, text)| write(path, text))?;
        write("sdk/Cargo.toml", &manifest::alone(SDK_MANIFEST, WORKSPACE)?)?;
    }
    Ok(NewPlugin { folder, name: name.to_owned(), kind, language, files: written })
}

/// One sentence, for the operator; the author writes a better one.
const fn summary(kind: PluginKind) -> &'static str {
    match kind {
        PluginKind::Chooser => "Asks the cheapest who can start now.",
        PluginKind::Compressor => "Answers in a line, or with what was changed.",
        PluginKind::Executor => "Gives the instruction to a program and takes what it prints for the answer.",
        PluginKind::Judge => "Takes the smallest change whose checks passed.",
        PluginKind::Gate => "Lets a task go on only if no line of its files is too long.",
    }
}

/// The host's own rule for names, and a letter first: cargo wants one.
fn check_name(name: &str) -> Result<(), Problem> {
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let good = (1..=64).contains(&name.len())
        && name.bytes().all(fits)
        && name.starts_with(|first: char| first.is_ascii_lowercase());
    if good {
        return Ok(());
    }
    Err(Problem::caller(
        ErrorCode::BadPluginName,
        format!("'{name}' is no name for a component"),
        "use 1 to 64 of a-z, 0-9 and '-', a letter first",
    ))
}

fn write_file(path: &Path, text: &str) -> Result<(), Problem> {
    let parent = path.parent().unwrap_or(path);
    let written = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| {
        Problem::caller(
            ErrorCode::CannotWrite,
            format!("{} cannot be written: {error}", path.display()),
            "choose a folder that belongs to you and has room",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_folder_is_complete_and_an_existing_one_is_not_overwritten() {
        let place = tempfile::tempdir().unwrap();
        let made = new(place.path(), "cheapest", PluginKind::Chooser, Language::Rust).unwrap();
        assert_eq!(made.folder, place.path().join("cheapest"));
        // In the kit's own source two braces are nothing but two braces.
        for file in made.files.iter().filter(|file| !file.starts_with("sdk/")) {
            let text = std::fs::read_to_string(made.folder.join(file)).unwrap();
            assert!(!text.contains("{{"), "{file} has a gap: {text}");
        }
        let readme = std::fs::read_to_string(made.folder.join("README.md")).unwrap();
        assert!(readme.contains("A Jackfield chooser, in Rust."), "{readme}");
        let again = new(place.path(), "cheapest", PluginKind::Chooser, Language::Js).unwrap_err();
        assert_eq!(again.code, "folder_in_use");
    }

    #[test]
    fn every_kind_has_a_template_in_every_language() {
        let place = tempfile::tempdir().unwrap();
        for language in Language::ALL {
            for &kind in PluginKind::ALL {
                let name = format!("{kind}-in-{language}");
                let made = new(place.path(), &name, kind, language).unwrap();
                let source = std::fs::read_to_string(made.folder.join(language.source())).unwrap();
                assert!(source.len() > 500, "{name}: {source}");
            }
        }
    }

    #[test]
    fn name_that_the_host_refuses_is_refused() {
        let place = tempfile::tempdir().unwrap();
        for name in ["", "Cheap", "2cheap", "cheap_one", "../out", &"a".repeat(65)] {
            let refused = new(place.path(), name, PluginKind::Chooser, Language::Rust).unwrap_err();
            assert_eq!(refused.code, "bad_plugin_name", "{name}");
        }
    }
}
