//! What a file is, read from its outside without compiling it: a component or something else, whole
//! or cut off, of which world, and what it imports.

use jackfield_types::PluginKind;
use semver::Version;
use std::collections::BTreeSet;
use wasmparser::{Encoding, Parser, Payload};

/// The package that all worlds are in, and the version of it that this host speaks.
const PACKAGE: &str = "jackfield:plugin";
const SPOKEN: Version = Version::new(1, 1, 0);

/// How every WebAssembly file begins.
const MAGIC: &[u8] = b"\0asm";

/// Interfaces of the package that any component may import.
const GIVEN: [&str; 3] = ["log", "types", "reporting"];

/// The interface that gates may import besides.
pub(crate) const EVIDENCE: &str = "evidence";

/// How deep components and modules may lie within each other. A compiler takes far more than in proportion
/// to the depth: one of half a megabyte, 50,000 deep, did not come back from it in a minute.
const DEPTH: u32 = 32;

/// WASI packages that are linked, with nothing granted behind them.
const WASI: [&str; 6] = ["cli", "clocks", "filesystem", "io", "random", "sockets"];

/// The outside of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParsedComponent {
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

/// Why bytes are not a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotComponent {
    /// They may be the beginning of one.
    Unreadable(String),
    /// They are something else, whole.
    CoreModule,
    /// They hold components within components, deeper than anybody builds any.
    Nested,
}

impl ParsedComponent {
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, NotComponent> {
        if !bytes.starts_with(MAGIC) && !MAGIC.starts_with(bytes) {
            return Err(NotComponent::Unreadable("it does not begin as WebAssembly does".to_owned()));
        }
        let unreadable = |error: wasmparser::BinaryReaderError| {
            let words: Vec<_> = error.message().split_whitespace().collect();
            NotComponent::Unreadable(format!("{} (at byte {})", words.join(" "), error.offset()))
        };
        let mut parsed = Self { imports: Vec::new(), exports: Vec::new() };
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(unreadable)? {
                Payload::Version { encoding, .. } => {
                    if depth == 0 && encoding == Encoding::Module {
                        return Err(NotComponent::CoreModule);
                    }
                    depth += 1;
                    if depth > DEPTH {
                        return Err(NotComponent::Nested);
                    }
                }
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(imports) if depth == 1 => {
                    for import in imports {
                        parsed.imports.push(import.map_err(unreadable)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 1 => {
                    for export in exports {
                        parsed.exports.push(export.map_err(unreadable)?.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(parsed)
    }

    /// The one world that it exports, at a version that this host speaks.
    pub(crate) fn kind(&self) -> Result<PluginKind, String> {
        let worlds: Vec<_> = self.exports.iter().filter_map(|name| world(name)).collect();
        let (kind, version) = match worlds.as_slice() {
            [] => {
                return Err(format!(
                    "it exports no world of {PACKAGE}@{SPOKEN}: one of {} is needed",
                    PluginKind::ALL.iter().map(|kind| interface(*kind)).collect::<Vec<_>>().join(", ")
                ));
            }
            [one] => one,
            several => {
                let kinds: Vec<_> = several.iter().map(|(kind, _)| kind.as_str()).collect();
                return Err(format!("it exports several worlds ({}), where one is right", kinds.join(", ")));
            }
        };
        let wrong = |version: &dyn std::fmt::Display| {
            Err(format!(
                "it was built against {PACKAGE}@{version} and this host speaks {SPOKEN}: build it against that"
            ))
        };
        match version {
            Some(version) if version.major == SPOKEN.major && version.minor <= SPOKEN.minor => {}
            Some(version) => return wrong(version),
            None => return wrong(&"no version"),
        }
        let about = self.exports.iter().any(|name| split(name).is_some_and(|(name, _)| name == "about"));
        if !about {
            return Err(format!("it does not export {PACKAGE}/about"));
        }
        Ok(*kind)
    }

    /// Imports that nothing here answers for a component of that kind.
    pub(crate) fn missing(&self, kind: PluginKind) -> Vec<&str> {
        self.imports.iter().map(String::as_str).filter(|name| !is_given(kind, name)).collect()
    }
}

/// What of some imports is the operator's to grant, by the interface's own name.
pub(crate) fn to_be_granted(imports: &[String]) -> BTreeSet<String> {
    let interfaces = imports.iter().filter_map(|import| split(import)).map(|(interface, _)| interface);
    interfaces.filter(|interface| *interface == EVIDENCE).map(str::to_owned).collect()
}

fn is_given(kind: PluginKind, import: &str) -> bool {
    if let Some((interface, version)) = split(import) {
        let spoken = version.is_none_or(|version| version.major == SPOKEN.major);
        let evidence = kind == PluginKind::Gate && interface == EVIDENCE;
        return spoken && (GIVEN.contains(&interface) || evidence);
    }
    import
        .strip_prefix("wasi:")
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(package, rest)| WASI.contains(&package) && rest.contains("@0.2."))
}

/// The version of the package that an export was built against.
pub(crate) fn wit_of(export: &str) -> Option<String> {
    let (_, version) = split(export)?;
    version.map(|version| format!("{PACKAGE}@{version}"))
}

fn split(name: &str) -> Option<(&str, Option<Version>)> {
    let rest = name.strip_prefix(PACKAGE)?.strip_prefix('/')?;
    Some(match rest.split_once('@') {
        Some((interface, version)) => (interface, Version::parse(version).ok()),
        None => (rest, None),
    })
}

fn world(export: &str) -> Option<(PluginKind, Option<Version>)> {
    let (name, version) = split(export)?;
    let kind = PluginKind::ALL.iter().copied().find(|kind| interface(*kind) == name)?;
    Some((kind, version))
}

const fn interface(kind: PluginKind) -> &'static str {
    match kind {
        PluginKind::Executor => "driving",
        PluginKind::Chooser => "choosing",
        PluginKind::Compressor => "compressing",
        PluginKind::Gate => "gating",
        PluginKind::Judge => "judging",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(imports: &[&str], exports: &[&str]) -> ParsedComponent {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        ParsedComponent { imports: owned(imports), exports: owned(exports) }
    }

    const ABOUT: &str = "jackfield:plugin/about@1.0.0";

    #[test]
    fn a_world_is_known_by_what_it_exports() {
        let chooser = with(&[], &[ABOUT, "jackfield:plugin/choosing@1.0.0"]);
        assert_eq!(chooser.kind(), Ok(PluginKind::Chooser));
        let why = |exports: &[&str]| with(&[], exports).kind().unwrap_err();
        let judge = with(&[], &[ABOUT, "jackfield:plugin/judging@1.0.0"]);
        assert_eq!(judge.kind(), Ok(PluginKind::Judge));
        assert!(why(&[ABOUT]).contains("exports no world"));
        assert!(why(&["jackfield:plugin/choosing@1.0.0"]).contains("does not export jackfield:plugin/about"));
        assert!(
            why(&[ABOUT, "jackfield:plugin/choosing@2.0.0"]).contains("@2.0.0 and this host speaks 1.1.0")
        );
        assert!(why(&[ABOUT, "jackfield:plugin/choosing@1.2.0"]).contains("@1.2.0"));
        assert_eq!(with(&[], &[ABOUT, "jackfield:plugin/choosing@1.1.0"]).kind(), Ok(PluginKind::Chooser));
        let gate = with(&[], &[ABOUT, "jackfield:plugin/gating@1.0.0"]);
        assert_eq!(gate.kind(), Ok(PluginKind::Gate));
        let both = ["jackfield:plugin/choosing@1.0.0", "jackfield:plugin/driving@1.0.0"];
        assert!(why(&both).contains("several worlds (chooser, executor)"));
    }

    #[test]
    fn an_import_that_nothing_answers_is_named() {
        let imports = [
            "jackfield:plugin/log@1.0.0",
            "jackfield:plugin/evidence@1.0.0",
            "wasi:cli/stderr@0.2.6",
            "wasi:http/outgoing-handler@0.2.6",
            "wasi:cli/stderr@0.3.0",
            "acme:db/rows",
        ];
        let missing = with(&imports, &[]);
        assert_eq!(
            missing.missing(PluginKind::Chooser),
            [
                "jackfield:plugin/evidence@1.0.0",
                "wasi:http/outgoing-handler@0.2.6",
                "wasi:cli/stderr@0.3.0",
                "acme:db/rows"
            ]
        );
        let of_gate = missing.missing(PluginKind::Gate);
        assert!(!of_gate.contains(&"jackfield:plugin/evidence@1.0.0"), "{of_gate:?}");
    }

    #[test]
    fn a_core_module_is_told_from_a_file_that_is_cut_off() {
        assert_eq!(ParsedComponent::of(b"\0asm\x01\0\0\0"), Err(NotComponent::CoreModule));
        assert!(matches!(ParsedComponent::of(b"\0asm\x0d\0"), Err(NotComponent::Unreadable(_))));
        assert!(matches!(ParsedComponent::of(b""), Err(NotComponent::Unreadable(_))));
        assert!(matches!(ParsedComponent::of(b"#!/bin/sh\n"), Err(NotComponent::Unreadable(_))));
        assert_eq!(ParsedComponent::of(b"\0asm\x0d\0\x01\0"), Ok(with(&[], &[])));
    }
}
