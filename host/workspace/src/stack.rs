//! What a folder is written in and with, from the files that say so. Cheap: a few file names, and the
//! beginnings of a few manifests.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// What a folder is written in and with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// In lower case, as in "rust" or "typescript".
    pub language: Option<String>,
    /// Frameworks and tools, as in "react" or "docker", in order.
    pub hints: Vec<String>,
}

/// The file that says so, the language, and what its text may tell of.
const MARKERS: &[(&str, &str, &[&str])] = &[
    ("Cargo.toml", "rust", &["tokio", "axum", "actix-web", "bevy", "leptos", "tauri", "wasmtime"]),
    ("tsconfig.json", "typescript", &[]),
    ("deno.json", "typescript", &["fresh"]),
    (
        "package.json",
        "javascript",
        &[
            "react", "next", "vue", "nuxt", "svelte", "angular", "express", "fastify", "electron", "vite",
            "jest",
        ],
    ),
    ("pyproject.toml", "python", &["django", "flask", "fastapi", "numpy", "torch", "pytest", "poetry"]),
    ("requirements.txt", "python", &["django", "flask", "fastapi", "numpy", "torch", "pytest"]),
    ("setup.py", "python", &[]),
    ("go.mod", "go", &["gin-gonic", "echo", "fiber", "grpc"]),
    ("pom.xml", "java", &["spring-boot", "quarkus", "junit"]),
    ("build.gradle.kts", "kotlin", &["spring", "ktor", "android", "compose"]),
    ("build.gradle", "java", &["spring", "android", "junit"]),
    ("Gemfile", "ruby", &["rails", "sinatra", "rspec"]),
    ("composer.json", "php", &["laravel", "symfony", "phpunit"]),
    ("mix.exs", "elixir", &["phoenix", "ecto"]),
    ("Package.swift", "swift", &["vapor"]),
    ("pubspec.yaml", "dart", &["flutter"]),
    ("build.zig", "zig", &[]),
    ("stack.yaml", "haskell", &[]),
    ("dune-project", "ocaml", &[]),
    ("project.clj", "clojure", &[]),
    ("build.sbt", "scala", &["akka", "play"]),
    ("CMakeLists.txt", "cpp", &["qt", "gtest"]),
];

/// Tools that are no language.
const TOOLS: &[(&str, &str)] = &[
    ("Dockerfile", "docker"),
    ("compose.yaml", "docker-compose"),
    ("docker-compose.yml", "docker-compose"),
    (".github/workflows", "github-actions"),
    ("Makefile", "make"),
    ("justfile", "just"),
    ("pnpm-lock.yaml", "pnpm"),
    ("yarn.lock", "yarn"),
    ("bun.lock", "bun"),
    ("uv.lock", "uv"),
    ("flake.nix", "nix"),
];

const EXTENSIONS: &[(&str, &str)] = &[
    ("rs", "rust"),
    ("ts", "typescript"),
    ("tsx", "typescript"),
    ("js", "javascript"),
    ("mjs", "javascript"),
    ("py", "python"),
    ("go", "go"),
    ("java", "java"),
    ("kt", "kotlin"),
    ("rb", "ruby"),
    ("php", "php"),
    ("swift", "swift"),
    ("c", "c"),
    ("h", "c"),
    ("cpp", "cpp"),
    ("cc", "cpp"),
    ("cs", "csharp"),
    ("sh", "shell"),
    ("lua", "lua"),
    ("zig", "zig"),
    ("ex", "elixir"),
    ("hs", "haskell"),
    ("scala", "scala"),
    ("sql", "sql"),
    ("html", "html"),
];

/// How many names of a folder are looked at, so that a huge one costs no more than a large one.
const NAMES: usize = 512;
const MANIFEST_BYTES: u64 = 64 * 1024;

/// The language that a folder is mostly written in, if anything says so.
pub fn detect_language(path: &Path) -> Option<String> {
    detect_stack(path).language
}

/// The language and the tools of a folder; of its subfolders where it says nothing itself.
pub fn detect_stack(path: &Path) -> Stack {
    let mut stack = at(path);
    if stack.language.is_none() {
        let below: Vec<Stack> = folders(path).map(|folder| at(&folder)).collect();
        stack.language = most(below.iter().filter_map(|stack| stack.language.clone()));
        stack.hints.extend(below.into_iter().flat_map(|stack| stack.hints));
    }
    if stack.language.is_none() {
        let deeper = folders(path).flat_map(|folder| languages_of_files(&folder));
        stack.language = most(languages_of_files(path).into_iter().chain(deeper));
    }
    stack.hints.sort();
    stack.hints.dedup();
    stack
}

fn at(path: &Path) -> Stack {
    let mut stack = Stack::default();
    for (marker, language, told) in MARKERS {
        let Some(text) = beginning(&path.join(marker)) else { continue };
        stack.language.get_or_insert_with(|| (*language).to_owned());
        let told = told.iter().filter(|word| names(&text, word));
        stack.hints.extend(told.map(|word| (*word).to_owned()));
    }
    let tools = TOOLS.iter().filter(|(file, _)| path.join(file).exists());
    stack.hints.extend(tools.map(|(_, tool)| (*tool).to_owned()));
    stack
}

fn beginning(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MANIFEST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).to_lowercase())
}

/// Whether the word stands alone in the text: "next" is not named by "context" or "next-auth".
fn names(text: &str, word: &str) -> bool {
    let apart = |side: Option<char>| !side.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
    text.match_indices(word).any(|(at, found)| {
        let (before, after) = (text.get(..at).unwrap_or(""), text.get(at + found.len()..).unwrap_or(""));
        apart(before.chars().next_back()) && apart(after.chars().next())
    })
}

fn folders(path: &Path) -> impl Iterator<Item = std::path::PathBuf> {
    let hidden = |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
    let foreign = |entry: &fs::DirEntry| {
        ["node_modules", "target", "vendor", "dist", "build"].iter().any(|name| entry.file_name() == *name)
    };
    let entries = fs::read_dir(path).into_iter().flatten().flatten().take(NAMES);
    entries
        .filter(move |entry| !hidden(entry) && !foreign(entry))
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .take(64)
}

fn languages_of_files(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten().take(NAMES);
    let language = |entry: fs::DirEntry| {
        let name = entry.path();
        let extension = name.extension()?.to_str()?;
        EXTENSIONS.iter().find(|(known, _)| known == &extension).map(|(_, language)| (*language).to_owned())
    };
    entries.filter_map(language).collect()
}

/// The one that is named most often; the first in order where there are several.
fn most(languages: impl Iterator<Item = String>) -> Option<String> {
    let mut counts = BTreeMap::<String, usize>::new();
    languages.for_each(|language| *counts.entry(language).or_default() += 1);
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(language, _)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        home
    }

    #[test]
    fn a_manifest_tells_the_language_and_what_it_names() {
        let home = folder(&[
            ("package.json", r#"{"dependencies": {"react": "19", "next-auth": "4"}, "context": 1}"#),
            ("tsconfig.json", "{}"),
            ("Dockerfile", "FROM scratch"),
        ]);
        let stack = detect_stack(home.path());
        assert_eq!(stack.language.as_deref(), Some("typescript"));
        assert_eq!(stack.hints, ["docker", "react"]);
    }

    #[test]
    fn without_a_manifest_subfolders_and_then_file_names_are_asked() {
        let nested = folder(&[("app/go.mod", "module app"), ("README.md", "")]);
        assert_eq!(detect_language(nested.path()).as_deref(), Some("go"));
        let bare = folder(&[("a.py", ""), ("b.py", ""), ("run.sh", ""), ("node_modules/x/y.js", "")]);
        assert_eq!(detect_language(bare.path()).as_deref(), Some("python"));
        assert_eq!(detect_stack(folder(&[("notes.txt", "")]).path()), Stack::default());
        assert_eq!(detect_stack(Path::new("/there/is/no/such/folder")), Stack::default());
    }
}
