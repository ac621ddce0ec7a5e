//! What a new component's folder is made of, carried in the binary.

use super::language::Language;
use jackfield_types::PluginKind;

/// The contract, as every folder gets it.
pub(super) const WIT: [(&str, &str); 6] = [
    ("wit/chooser.wit", include_str!("../../../wit/chooser.wit")),
    ("wit/common.wit", include_str!("../../../wit/common.wit")),
    ("wit/compressor.wit", include_str!("../../../wit/compressor.wit")),
    ("wit/executor.wit", include_str!("../../../wit/executor.wit")),
    ("wit/gate.wit", include_str!("../../../wit/gate.wit")),
    ("wit/judge.wit", include_str!("../../../wit/judge.wit")),
];

/// The kit for Rust, which finds the contract beside it. Its manifest is in [`SDK_MANIFEST`].
pub(super) const SDK: [(&str, &str); 14] = [
    ("sdk/src/about.rs", include_str!("../../../sdk/src/about.rs")),
    ("sdk/src/chooser.rs", include_str!("../../../sdk/src/chooser.rs")),
    ("sdk/src/clip.rs", include_str!("../../../sdk/src/clip.rs")),
    ("sdk/src/compressor.rs", include_str!("../../../sdk/src/compressor.rs")),
    ("sdk/src/exec.rs", include_str!("../../../sdk/src/exec.rs")),
    ("sdk/src/executor.rs", include_str!("../../../sdk/src/executor.rs")),
    ("sdk/src/figures.rs", include_str!("../../../sdk/src/figures.rs")),
    ("sdk/src/gate.rs", include_str!("../../../sdk/src/gate.rs")),
    ("sdk/src/json.rs", include_str!("../../../sdk/src/json.rs")),
    ("sdk/src/judge.rs", include_str!("../../../sdk/src/judge.rs")),
    ("sdk/src/lib.rs", include_str!("../../../sdk/src/lib.rs")),
    ("sdk/src/lines.rs", include_str!("../../../sdk/src/lines.rs")),
    ("sdk/src/runtime.rs", include_str!("../../../sdk/src/runtime.rs")),
    ("sdk/src/visible.rs", include_str!("../../../sdk/src/visible.rs")),
];

/// As it is in the project, where much of it is said for all crates at once.
pub(super) const SDK_MANIFEST: &str = include_str!("../../../sdk/Cargo.toml");

/// Where that is said.
pub(super) const WORKSPACE: &str = include_str!("../../../Cargo.toml");

/// What the README is made from.
pub(super) const README: &str = include_str!("templates/README.md");

/// The cases of each kind, the same for every language.
pub(super) const fn cases(kind: PluginKind) -> &'static str {
    match kind {
        PluginKind::Chooser => include_str!("templates/cases/chooser.toml"),
        PluginKind::Compressor => include_str!("templates/cases/compressor.toml"),
        PluginKind::Executor => include_str!("templates/cases/executor.toml"),
        PluginKind::Judge => include_str!("templates/cases/judge.toml"),
        PluginKind::Gate => include_str!("templates/cases/gate.toml"),
    }
}

/// The source of each kind in each language.
const fn source(kind: PluginKind, language: Language) -> &'static str {
    match (language, kind) {
        (Language::Rust, PluginKind::Chooser) => include_str!("templates/rust/chooser.rs"),
        (Language::Rust, PluginKind::Compressor) => include_str!("templates/rust/compressor.rs"),
        (Language::Rust, PluginKind::Executor) => include_str!("templates/rust/executor.rs"),
        (Language::Rust, PluginKind::Gate) => include_str!("templates/rust/gate.rs"),
        (Language::Rust, PluginKind::Judge) => include_str!("templates/rust/judge.rs"),
        (Language::Js, PluginKind::Chooser) => include_str!("templates/js/chooser.js"),
        (Language::Js, PluginKind::Compressor) => include_str!("templates/js/compressor.js"),
        (Language::Js, PluginKind::Executor) => include_str!("templates/js/executor.js"),
        (Language::Js, PluginKind::Gate) => include_str!("templates/js/gate.js"),
        (Language::Js, PluginKind::Judge) => include_str!("templates/js/judge.js"),
        (Language::Python, PluginKind::Chooser) => include_str!("templates/python/chooser.py"),
        (Language::Python, PluginKind::Compressor) => include_str!("templates/python/compressor.py"),
        (Language::Python, PluginKind::Executor) => include_str!("templates/python/executor.py"),
        (Language::Python, PluginKind::Gate) => include_str!("templates/python/gate.py"),
        (Language::Python, PluginKind::Judge) => include_str!("templates/python/judge.py"),
    }
}

/// The files of a kind in a language, beside what all have: path and content.
pub(super) fn files(kind: PluginKind, language: Language) -> Vec<(&'static str, &'static str)> {
    let source = source(kind, language);
    match language {
        Language::Rust => vec![
            (language.source(), source),
            ("Cargo.toml", include_str!("templates/rust/Cargo.toml")),
            (".gitignore", "/target\n*.wasm\n"),
        ],
        Language::Js => vec![
            (language.source(), source),
            ("package.json", include_str!("templates/js/package.json")),
            ("package-lock.json", include_str!("templates/js/package-lock.json")),
            (".gitignore", "/node_modules\n*.wasm\n"),
        ],
        Language::Python => {
            let mut files = vec![
                (language.source(), source),
                ("pyproject.toml", include_str!("templates/python/pyproject.toml")),
                ("requirements.txt", include_str!("templates/python/requirements.txt")),
                (".gitignore", "/.venv\n__pycache__\n*.wasm\n"),
            ];
            if kind == PluginKind::Executor {
                // A resource is looked up in a module that is called like its interface.
                files.push(("driving.py", include_str!("templates/python/driving.py")));
            }
            files
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn carried(files: &[(&'static str, &str)]) -> BTreeSet<String> {
        files.iter().map(|(path, _)| (*path).to_owned()).collect()
    }

    fn there(folder: &str) -> BTreeSet<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let entries = std::fs::read_dir(root.join(folder)).unwrap();
        entries
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().unwrap().is_file())
            .map(|entry| format!("{folder}/{}", entry.file_name().into_string().unwrap()))
            .collect()
    }

    #[test]
    fn every_file_of_the_contract_and_of_the_kit_is_embedded() {
        assert_eq!(carried(&WIT), there("wit"));
        assert_eq!(carried(&SDK), there("sdk/src"));
    }
}
