//! A crate's manifest, taken out of its workspace so that the crate can stand alone.

use jackfield_types::{ErrorCode, Problem};
use toml::{Table, Value};

/// The manifest with everything in it that it had from its workspace, and without that workspace's lints.
///
/// # Errors
/// A [`Problem`] where either is not what cargo takes, which is a fault of this build.
pub(super) fn alone(manifest: &str, workspace: &str) -> Result<String, Problem> {
    let failed = |why: String| {
        Problem::operator(
            ErrorCode::BrokenBuild,
            format!("the Rust kit in this program cannot be written: {why}"),
            "use a release of Jackfield, or tell its makers",
        )
    };
    let mut manifest: Table = manifest.parse().map_err(|error: toml::de::Error| failed(error.to_string()))?;
    let workspace: Table = workspace.parse().map_err(|error: toml::de::Error| failed(error.to_string()))?;
    let all = workspace.get("workspace").and_then(Value::as_table).cloned().unwrap_or_default();
    let of_all = |part: &str| all.get(part).and_then(Value::as_table).cloned().unwrap_or_default();
    manifest.remove("lints");
    if let Some(package) = manifest.get_mut("package").and_then(Value::as_table_mut) {
        inherit(package, &of_all("package"));
    }
    let dependencies = of_all("dependencies");
    for table in dependency_tables(&mut manifest) {
        inherit(table, &dependencies);
    }
    toml::to_string(&manifest).map_err(|error| failed(error.to_string()))
}

/// `[dependencies]`, and those of `[target.….dependencies]`.
fn dependency_tables(manifest: &mut Table) -> Vec<&mut Table> {
    let mut tables = Vec::new();
    for (name, value) in manifest.iter_mut() {
        let Some(table) = value.as_table_mut() else { continue };
        match name.as_str() {
            "dependencies" => tables.push(table),
            "target" => tables.extend(
                table
                    .iter_mut()
                    .filter_map(|(_, target)| target.as_table_mut()?.get_mut("dependencies")?.as_table_mut()),
            ),
            _ => {}
        }
    }
    tables
}

/// Replaces every `x.workspace = true` by what the workspace says of x. Features are added; `optional` is kept.
fn inherit(table: &mut Table, all: &Table) {
    for (name, value) in table.iter_mut() {
        let inherits = value.get("workspace").and_then(Value::as_bool) == Some(true);
        let Some(said) = all.get(name).filter(|_| inherits) else { continue };
        let more = value.get("features").and_then(Value::as_array).cloned().unwrap_or_default();
        let optional = value.get("optional").cloned();
        let mut whole = said.clone();
        if !more.is_empty() || optional.is_some() {
            let mut with: Table = match whole {
                Value::Table(table) => table,
                version => Table::from_iter([("version".to_owned(), version)]),
            };
            if !more.is_empty()
                && let Value::Array(features) =
                    with.entry("features").or_insert_with(|| Value::Array(Vec::new()))
            {
                features.extend(more);
            }
            with.extend(optional.map(|optional| ("optional".to_owned(), optional)));
            whole = Value::Table(with);
        }
        *value = whole;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::{SDK_MANIFEST, WORKSPACE};

    #[test]
    fn inherited_manifest_keys_are_written_out() {
        let manifest = "[package]\nname = \"a\"\nversion.workspace = true\n[lints]\nworkspace = true\n\
                        [dependencies]\nb.workspace = true\nc = { workspace = true, features = [\"y\"] }\n\
                        e = { workspace = true, optional = true }\n\
                        [target.'cfg(unix)'.dependencies]\nd.workspace = true\n";
        let workspace = "[workspace.package]\nversion = \"1.2.3\"\n[workspace.dependencies]\nb = \"2\"\n\
                         c = { version = \"3\", features = [\"x\"] }\nd = \"4\"\ne = \"5\"\n";
        let whole: Table = alone(manifest, workspace).unwrap().parse().unwrap();
        let wanted: Table = "[package]\nname = \"a\"\nversion = \"1.2.3\"\n[dependencies]\nb = \"2\"\n\
                             c = { version = \"3\", features = [\"x\", \"y\"] }\n\
                             e = { version = \"5\", optional = true }\n\
                             [target.'cfg(unix)'.dependencies]\nd = \"4\"\n"
            .parse()
            .unwrap();
        assert_eq!(whole, wanted);
    }

    #[test]
    fn manifest_of_the_embedded_kit_has_no_workspace_keys() {
        let whole = alone(SDK_MANIFEST, WORKSPACE).unwrap();
        assert!(!whole.contains("workspace"), "{whole}");
        assert!(whole.contains("wit-bindgen") && whole.contains("dlmalloc"), "{whole}");
    }
}
