//! Which crate may depend on which: edges go downwards only, and what is outside has one place.

use crate::failure::{Failure, Outcome};
use crate::ground::Ground;
use std::fs;

/// Every crate below `host/` with the ones that it may depend on; `ARCHITECTURE.md` says what each is for.
const ALLOWED: [(&str, &[&str]); 18] = [
    ("types", &[]),
    ("files", &[]),
    ("redact", &["sdk"]),
    ("process", &["types"]),
    ("workspace", &["types", "process"]),
    ("store", &["types"]),
    ("plugins", &["types"]),
    ("embedded", &[]),
    ("api", &["types", "store", "workspace"]),
    ("config", &["types", "store", "plugins", "api"]),
    (
        "jackfield",
        &[
            "types",
            "files",
            "redact",
            "process",
            "workspace",
            "store",
            "plugins",
            "embedded",
            "api",
            "config",
        ],
    ),
    ("kit", &["types", "process", "workspace", "plugins", "embedded", "jackfield"]),
    ("registry", &["types", "files", "plugins", "jackfield"]),
    ("notifications", &["types", "store", "config", "jackfield"]),
    ("worker", &["types", "files", "process", "workspace", "store", "api", "config", "jackfield"]),
    ("render", &["types", "files", "store", "plugins", "api", "jackfield", "kit", "sdk"]),
    (
        "server",
        &["types", "files", "store", "plugins", "workspace", "api", "config", "jackfield", "render", "sdk"],
    ),
    (
        "cli",
        &[
            "types",
            "files",
            "redact",
            "process",
            "workspace",
            "store",
            "plugins",
            "embedded",
            "api",
            "config",
            "jackfield",
            "kit",
            "registry",
            "notifications",
            "worker",
            "render",
            "server",
        ],
    ),
];

/// Libraries that have one place: nothing but these crates may name them.
const PLACES: [(&str, &[&str]); 9] = [
    ("wasmtime", &["plugins"]),
    ("wasmtime-wasi", &["plugins"]),
    ("rusqlite", &["store"]),
    ("axum", &["server"]),
    ("rmcp", &["server"]),
    ("clap", &["cli"]),
    ("oci-client", &["registry"]),
    ("opentelemetry-otlp", &["cli"]),
    ("comfy-table", &["render"]),
];

pub(crate) fn check(ground: &Ground) -> Outcome {
    let folder = ground.root.join("host");
    let unreadable = |error: std::io::Error| {
        Failure::new(format!("failed to read {}: {error}", folder.display()), "check its permissions")
    };
    let mut faults = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let Ok(manifest) = fs::read_to_string(path.join("Cargo.toml")) else { continue };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        faults.extend(faults_of(&name, &manifest));
    }
    if faults.is_empty() {
        println!("{} crates, every edge downwards", ALLOWED.len());
        return Ok(());
    }
    faults.sort_unstable();
    Err(Failure::new(faults.join("\n"), "turn the edge around, or move what is needed into a lower crate"))
}

fn faults_of(name: &str, manifest: &str) -> Vec<String> {
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        return vec![format!("host/{name}: is not in the table of allowed edges in xtask/src/edges.rs")];
    };
    let mut faults = Vec::new();
    for dependency in dependencies(manifest) {
        let own =
            if dependency == "jackfield" { Some("jackfield") } else { dependency.strip_prefix("jackfield-") };
        if let Some(own) = own
            && !allowed.contains(&own)
        {
            faults.push(format!("host/{name}: may not depend on {dependency}"));
        }
        let place = PLACES.iter().find(|(library, _)| *library == dependency);
        if let Some((_, crates)) = place
            && !crates.contains(&name)
        {
            faults.push(format!(
                "host/{name}: may not depend on {dependency}, whose place is {}",
                crates.join(", ")
            ));
        }
    }
    faults
}

/// The names in the section `[dependencies]`.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let section = manifest.lines().skip_while(|line| line.trim() != "[dependencies]").skip(1);
    let lines = section.take_while(|line| !line.starts_with('['));
    lines
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edge_upwards_is_a_fault() {
        let manifest = |dependency: &str| {
            format!("[package]\nname = \"x\"\n\n[dependencies]\n{dependency}.workspace = true\n")
        };
        assert_eq!(faults_of("store", &manifest("jackfield-types")), Vec::<String>::new());
        assert_eq!(faults_of("store", &manifest("jackfield-server")).len(), 1);
        assert_eq!(faults_of("jackfield", &manifest("jackfield-cli")).len(), 1);
        assert_eq!(faults_of("types", &manifest("jackfield")).len(), 1);
        assert_eq!(faults_of("nowhere", "").len(), 1);
    }

    #[test]
    fn library_outside_of_its_place_is_a_fault() {
        let manifest =
            "[dependencies]\nclap = { version = \"4\" }\n\n[dev-dependencies]\naxum.workspace = true\n";
        assert_eq!(faults_of("config", manifest).len(), 1);
        assert_eq!(faults_of("cli", manifest), Vec::<String>::new());
    }

    #[test]
    fn allowed_edges_have_no_circle() {
        for (place, (name, below)) in ALLOWED.iter().enumerate() {
            for dependency in below.iter().filter(|dependency| **dependency != "sdk") {
                let found = ALLOWED.iter().position(|(known, _)| known == dependency);
                assert!(found.is_some_and(|found| found < place), "{name} stands above {dependency}");
            }
        }
    }
}
