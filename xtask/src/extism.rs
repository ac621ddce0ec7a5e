//! `bench extism`: one policy as a component in three languages and as an Extism plugin. The components are written by
//! `jackfield plugin new` and built with the toolchains of their languages.

use crate::failure::{Failure, Outcome};
use crate::ground::{Ground, shown};
use crate::tools;
use std::fs;
use std::path::{Path, PathBuf};

const WORKSPACE: &str = "bench/extism";
/// What Extism plugins are built for.
const TARGET: &str = "wasm32-unknown-unknown";
const LANGUAGES: [&str; 3] = ["rust", "js", "python"];

pub(crate) fn bench(ground: &Ground) -> Outcome {
    tools::wasm_target(ground)?;
    shown(ground.program("rustup").args(["target", "add", TARGET]))?;
    ground.cargo("build --release --package jackfield-cli")?;
    let jackfield = ground.target.join("release/jackfield");
    let own = ground.target.join("extism");
    let components = components(ground, &jackfield, &own)?;

    let (folder, target) = (ground.root.join(WORKSPACE), [("CARGO_TARGET_DIR", own.as_os_str())]);
    let plugin = format!("build --locked --profile plugin --package cheapest-extism --target {TARGET}");
    ground.cargo_in(&folder, &plugin, &target)?;
    ground.cargo_in(&folder, "build --locked --release", &target)?;
    let mut bench = ground.program(own.join("release/jackfield-bench-extism"));
    bench.arg(&jackfield).arg(own.join(TARGET).join("plugin/cheapest_extism.wasm")).args(components);
    bench.env("JACKFIELD_DATA", own.join("data"));
    shown(&mut bench)
}

/// The policy that `plugin new` writes, in each language, written anew; it is built where it is not there yet.
fn components(ground: &Ground, jackfield: &Path, own: &Path) -> Outcome<Vec<PathBuf>> {
    let folder = own.join("components");
    let failed =
        |error: std::io::Error| Failure::new(format!("{}: {error}", folder.display()), "make room there");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(failed)?;
    }
    fs::create_dir_all(&folder).map_err(failed)?;
    let mut built = Vec::new();
    for language in LANGUAGES {
        let name = format!("cheapest-{language}");
        let plugin = |line: &[&str]| {
            let mut command = ground.program(jackfield);
            shown(
                command.current_dir(&folder).arg("plugin").args(line).env("JACKFIELD_DATA", own.join("data")),
            )
        };
        plugin(&["new", &name, "--lang", language])?;
        plugin(&["build", &name])?;
        built.push(folder.join(&name).join(format!("{name}.wasm")));
    }
    Ok(built)
}
