//! Every dependency may be used and passed on under a licence from a short list. Offenders are named.

use crate::expression::satisfied;
use crate::failure::{Failure, Outcome};
use crate::ground::Ground;
use serde_json::Value;
use std::collections::BTreeMap;

/// Licences that ask for no more than to be named, and MPL-2.0, which asks only about its own files.
const ALLOWED: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    // Of data: the certificates that are trusted where the system has none of its own.
    "CDLA-Permissive-2.0",
    "Zlib",
    // Of libFuzzer, which is never passed on.
    "NCSA",
];

/// Workspaces with a lockfile of their own.
const MANIFESTS: [&str; 4] = [
    "Cargo.toml",
    "bench/extism/Cargo.toml",
    "host/plugins/tests/guests/Cargo.toml",
    "host/plugins/tests/hostile/guests/Cargo.toml",
];

pub(crate) fn check(ground: &Ground) -> Outcome {
    let mut seen = BTreeMap::new();
    for manifest in MANIFESTS {
        let metadata = ground.metadata(&ground.root.join(manifest), &["--locked"])?;
        let packages = metadata.get("packages").and_then(Value::as_array).cloned().unwrap_or_default();
        seen.extend(packages.iter().filter_map(package));
    }
    let offenders: Vec<String> = seen
        .iter()
        .filter(|(_, licence)| !satisfied(licence, &ALLOWED))
        .map(|(name, licence)| {
            format!("  {name}: {}", if licence.is_empty() { "no licence" } else { licence })
        })
        .collect();
    if offenders.is_empty() {
        println!("{} packages, all under licences that are allowed", seen.len());
        return Ok(());
    }
    Err(Failure::new(
        format!("packages under licences that are not allowed:\n{}", offenders.join("\n")),
        "replace them, or have the list in xtask/src/licences.rs changed by somebody who may decide it",
    ))
}

fn package(package: &Value) -> Option<(String, String)> {
    let text = |key| package.get(key).and_then(Value::as_str);
    let name = format!("{} {}", text("name")?, text("version")?);
    Some((name, text("license").unwrap_or_default().to_owned()))
}
