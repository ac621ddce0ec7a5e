//! Dependencies between crates: they go downwards only, and some libraries belong to one crate.

use crate::failure::{Failure, Outcome};
use crate::ground::{Ground, told};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Every crate below `host/` with its allowed dependencies; `ARCHITECTURE.md` describes each crate.
const ALLOWED: [(&str, &[&str]); 31] = [
    ("types", &[]),
    ("files", &[]),
    ("http", &[]),
    ("redact", &["sdk"]),
    ("process", &["types"]),
    ("skills", &["types"]),
    ("workspace", &["types", "process"]),
    ("model", &["types"]),
    ("sql", &[]),
    ("sqlite", &["sql"]),
    ("store", &["types", "model", "sql", "sqlite"]),
    ("plugins", &["types"]),
    ("embedded", &[]),
    ("dashboard", &[]),
    ("api", &["types", "model", "store", "workspace"]),
    ("config", &["types", "store", "plugins", "api"]),
    ("core", &["types", "files", "redact", "process", "store", "plugins", "config"]),
    ("access", &["types", "files", "store", "api", "core"]),
    ("replay", &["types", "store", "plugins", "api", "core"]),
    ("retention", &["types", "store", "workspace", "config", "core", "access"]),
    (
        "runs",
        &[
            "types",
            "model",
            "files",
            "redact",
            "process",
            "workspace",
            "store",
            "plugins",
            "api",
            "config",
            "core",
            "replay",
        ],
    ),
    ("board", &["types", "model", "skills", "workspace", "store", "plugins", "api", "runs"]),
    ("fleet", &["types", "process", "workspace", "store", "plugins", "api", "core", "runs"]),
    (
        "jackfield",
        &[
            "types",
            "model",
            "files",
            "redact",
            "process",
            "workspace",
            "store",
            "plugins",
            "embedded",
            "board",
            "api",
            "config",
            "core",
            "access",
            "replay",
            "retention",
            "runs",
            "fleet",
        ],
    ),
    ("kit", &["types", "process", "workspace", "plugins", "embedded", "jackfield"]),
    ("registry", &["types", "files", "http", "plugins", "jackfield"]),
    ("notifications", &["types", "http", "model", "store", "config", "jackfield"]),
    ("worker", &["types", "files", "http", "process", "workspace", "store", "api", "config", "jackfield"]),
    ("render", &["types", "model", "files", "store", "plugins", "api", "jackfield", "sdk"]),
    (
        "server",
        &[
            "types",
            "files",
            "store",
            "plugins",
            "workspace",
            "api",
            "config",
            "dashboard",
            "jackfield",
            "render",
            "sdk",
        ],
    ),
    (
        "cli",
        &[
            "types",
            "files",
            "http",
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
            "sdk",
        ],
    ),
];

/// The most packages that an embedder of `jackfield` without features compiles. It may go down but not up.
const EMBEDDED: usize = 234;

/// Libraries that only these crates may depend on.
const PLACES: [(&str, &[&str]); 10] = [
    ("wasmtime", &["plugins"]),
    ("wasmtime-wasi", &["plugins"]),
    ("rusqlite", &["sqlite"]),
    ("axum", &["server"]),
    ("rustls", &["http"]),
    ("rmcp", &["server"]),
    ("clap", &["cli"]),
    ("oci-client", &["registry"]),
    ("opentelemetry-otlp", &["cli"]),
    ("comfy-table", &["render"]),
];

pub(crate) fn check(ground: &Ground) -> Outcome {
    let metadata = ground.metadata(&ground.root.join("Cargo.toml"), &["--no-deps", "--locked"])?;
    let packages = metadata.get("packages").and_then(Value::as_array).cloned().unwrap_or_default();
    let host = ground.root.join("host");
    let faults: Vec<String> = packages
        .iter()
        .filter_map(|package| crate_of(package, &host))
        .flat_map(|found| found.faults())
        .collect();
    if faults.is_empty() {
        println!("{} crates, every edge downwards", ALLOWED.len());
        return embedded(ground);
    }
    Err(Failure::new(
        faults.join("\n"),
        "turn the edge around, move what is needed into a lower crate, or correct the table in xtask/src/edges.rs",
    ))
}

/// Checks that an embedder compiles at most [`EMBEDDED`] packages.
fn embedded(ground: &Ground) -> Outcome {
    let line = "tree --locked --package jackfield --edges normal,build --prefix none";
    let tree = told(ground.program("cargo").args(line.split_whitespace()))?;
    let count = packages(&tree);
    println!("{count} packages for `jackfield` alone, {EMBEDDED} at most");
    if count <= EMBEDDED {
        return Ok(());
    }
    Err(Failure::new(
        format!("`jackfield` without features needs {count} packages, where {EMBEDDED} are the most"),
        "put what an embedder of runs and components does not need behind a feature, or into another crate",
    ))
}

/// The number of packages in a tree of cargo, which marks repeated ones.
fn packages(tree: &str) -> usize {
    tree.lines().map(|line| line.trim_end_matches(" (*)")).collect::<BTreeSet<_>>().len()
}

/// A crate below `host/`, by its folder, with its dependencies except those of tests.
struct Crate {
    name: String,
    dependencies: Vec<String>,
}

fn crate_of(package: &Value, host: &Path) -> Option<Crate> {
    let folder = Path::new(package.get("manifest_path")?.as_str()?).parent()?;
    let name = folder.strip_prefix(host).ok()?.to_str()?.to_owned();
    let all = package.get("dependencies")?.as_array()?.iter();
    let own = all.filter(|dependency| dependency.get("kind").and_then(Value::as_str) != Some("dev"));
    let dependencies =
        own.filter_map(|dependency| Some(dependency.get("name")?.as_str()?.to_owned())).collect();
    Some(Crate { name, dependencies })
}

impl Crate {
    fn faults(&self) -> Vec<String> {
        let name = self.name.as_str();
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            return vec![format!("host/{name}: is not in the table of allowed edges")];
        };
        let edges: Vec<&str> = self.dependencies.iter().filter_map(|name| own(name)).collect();
        let forbidden = edges.iter().filter(|edge| !allowed.contains(edge));
        let forbidden = forbidden.map(|edge| format!("host/{name}: may not depend on {edge}"));
        let unused = allowed.iter().filter(|edge| !edges.contains(edge));
        let unused =
            unused.map(|edge| format!("host/{name}: does not depend on {edge}, which the table allows"));
        let misplaced = PLACES.iter().filter(|(library, crates)| {
            self.dependencies.iter().any(|one| one == library) && !crates.contains(&name)
        });
        let misplaced = misplaced.map(|(library, crates)| {
            format!("host/{name}: may not depend on {library}, whose place is {}", crates.join(", "))
        });
        forbidden.chain(unused).chain(misplaced).collect()
    }
}

/// The folder of one of our packages.
fn own(package: &str) -> Option<&str> {
    if package == "jackfield" { Some(package) } else { package.strip_prefix("jackfield-") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(name: &str, dependencies: &[(&str, Option<&str>)]) -> Vec<String> {
        let all: Vec<Value> =
            dependencies.iter().map(|(name, kind)| json!({ "name": name, "kind": kind })).collect();
        let package =
            json!({ "manifest_path": format!("/clone/host/{name}/Cargo.toml"), "dependencies": all });
        crate_of(&package, Path::new("/clone/host")).unwrap().faults()
    }

    #[test]
    fn packages_of_a_tree_count_once() {
        assert_eq!(packages("a v1.0.0\nb v2.0.0\nb v3.0.0\nb v2.0.0 (*)\n"), 3);
    }

    #[test]
    fn edge_upwards_is_a_fault() {
        let types = ("jackfield-types", None);
        assert_eq!(faults("model", &[types]), Vec::<String>::new());
        assert_eq!(faults("model", &[types, ("jackfield-server", None)]).len(), 1);
        assert_eq!(faults("model", &[types, ("jackfield-server", Some("build"))]).len(), 1);
        assert_eq!(faults("model", &[types, ("jackfield-server", Some("dev"))]), Vec::<String>::new());
        assert_eq!(faults("types", &[("jackfield", None)]).len(), 1);
    }

    #[test]
    fn allowed_edge_that_is_not_there_is_a_fault() {
        assert_eq!(faults("model", &[]).len(), 1);
    }

    #[test]
    fn crate_that_the_table_does_not_name_is_a_fault() {
        assert_eq!(faults("nowhere", &[]).len(), 1);
    }

    #[test]
    fn library_outside_of_its_place_is_a_fault() {
        let with = |library: &'static str| faults("sqlite", &[("jackfield-sql", None), (library, None)]);
        assert_eq!(with("rusqlite"), Vec::<String>::new());
        assert_eq!(with("clap").len(), 1);
    }

    #[test]
    fn rusqlite_below_the_store_is_a_fault_but_in_its_tests() {
        let own = ["types", "model", "sql", "sqlite"].map(|name| format!("jackfield-{name}"));
        let own = own.iter().map(|name| (name.as_str(), None));
        let with = |kind| faults("store", &own.clone().chain([("rusqlite", kind)]).collect::<Vec<_>>());
        assert_eq!(with(None).len(), 1);
        assert_eq!(with(Some("build")).len(), 1);
        assert_eq!(with(Some("dev")), Vec::<String>::new());
        for (name, below) in ALLOWED.iter().filter(|(name, _)| *name != "sqlite") {
            let below = below.iter().map(|name| match *name {
                "jackfield" => "jackfield".to_owned(),
                name => format!("jackfield-{name}"),
            });
            let below: Vec<String> = below.chain(["rusqlite".to_owned()]).collect();
            let all: Vec<_> = below.iter().map(|name| (name.as_str(), None)).collect();
            assert_eq!(faults(name, &all).len(), 1, "{name}");
        }
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
