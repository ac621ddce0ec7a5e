//! The steps of `test`, in the order in which mistakes are cheapest to find. The first failure ends it,
//! with the command that repeats that step alone.

use crate::failure::{Failure, Outcome};
use crate::ground::{Ground, shown};
use crate::summary::Summary;
use crate::{dashboard, edges, fuzz, hygiene, licences, modules, rustdoc, tools};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

struct Step {
    name: &'static str,
    what: &'static str,
    run: fn(&Ground) -> Outcome,
    /// Left out by `--quick`.
    slow: bool,
}

const fn step(name: &'static str, what: &'static str, run: fn(&Ground) -> Outcome) -> Step {
    Step { name, what, run, slow: false }
}

const STEPS: [Step; 13] = [
    step("tools", "the Rust target, clippy, nextest, git, Node, Python", tools::ensure),
    step("format", "the code is laid out by rustfmt", format),
    step("hygiene", "what every file owes its readers, and which crate may know which", tidy),
    step("licences", "every dependency may be used", licences::check),
    step("clippy", "no lint, host and components alike", clippy),
    step("build", "the program, its components, all tests; with CI=true, no lint", build),
    Step { slow: true, ..step("programs", "the real agent programs, fetched from npm", fetch) },
    step("tests", "unit and behaviour tests", tests),
    Step {
        slow: true,
        ..step("dashboard", "its sources, its committed files, and it in a real browser", dashboard::check)
    },
    Step { slow: true, ..step("fuzz", "what strangers wrote, made up at random for a minute", fuzz::run) },
    step("documents", "every example in the documentation", documents),
    step("example", "a host inside another program", example),
    Step { slow: true, ..step("install", "one file, from a clone, without a network", install) },
];

/// One line for each step.
pub(crate) fn names() -> String {
    let line = |step: &Step| format!("  {:<12}{}", step.name, step.what);
    STEPS.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// All steps, or one of them.
pub(crate) fn run(ground: &Ground, only: Option<&str>) -> Outcome {
    let chosen: Vec<_> = STEPS
        .iter()
        .filter(|step| only.map_or(!(ground.quick && step.slow), |name| name == step.name))
        .collect();
    if chosen.is_empty() {
        return Err(Failure::new(format!("there is no step '{}'", only.unwrap_or_default()), names()));
    }
    let mut summary = Summary::default();
    for (number, step) in chosen.iter().enumerate() {
        println!("\n== {}/{} {}: {}", number + 1, chosen.len(), step.name, step.what);
        let began = Instant::now();
        let came_to = (step.run)(ground);
        summary.add(step.name, began.elapsed());
        if let Err(failure) = came_to {
            summary.print();
            let again = format!("{failure}\n\nonly this step again: cargo xtask test --only {}", step.name);
            return Err(Failure::new(format!("FAILED: {}", step.name), again));
        }
    }
    summary.print();
    println!("{}", if ground.quick { "passed, without the real agent programs" } else { "passed" });
    Ok(())
}

fn format(ground: &Ground) -> Outcome {
    ground.cargo("fmt --all --check")?;
    for folder in GUESTS.into_iter().chain(["fuzz", "bench/extism"]) {
        ground.cargo(&format!("fmt --all --check --manifest-path {folder}/Cargo.toml"))?;
    }
    Ok(())
}

fn tidy(ground: &Ground) -> Outcome {
    hygiene::check(ground)?;
    edges::check(ground)?;
    modules::check(ground)?;
    locked(ground)
}

/// Checks the lock files of the other workspaces: they follow the crates of this one, and a later step refuses old ones.
fn locked(ground: &Ground) -> Outcome {
    for folder in GUESTS.into_iter().chain(["fuzz"]) {
        ground.metadata(&ground.root.join(folder).join("Cargo.toml"), &["--locked"])?;
    }
    Ok(())
}

/// The shipped components are linted as what they are too: half of an adapter exists only there.
fn clippy(ground: &Ground) -> Outcome {
    if ground.lints() {
        println!("everything else is linted while it is built; without CI=true it is linted here");
    } else {
        ground.cargo("clippy --workspace --all-targets --locked --keep-going -- -D warnings")?;
    }
    let packages = COMPONENTS.map(|package| format!("--package {package}")).join(" ");
    ground.cargo(&format!("clippy {packages} --target {} --locked -- -D warnings", tools::WASM))
}

/// Components that the tests of the component layer load, workspaces of their own.
const GUESTS: [&str; 2] = ["host/plugins/tests/guests", "host/plugins/tests/hostile/guests"];
/// Where below the target folder the tests look for them. Both are built there, because they have most dependencies in
/// common.
const BUILT_GUESTS: &str = "tmp/guests";

/// Packages that become components.
const COMPONENTS: [&str; 9] = [
    "claude-adapter",
    "codex-adapter",
    "gemini-adapter",
    "shell-adapter",
    "jackfield-chooser",
    "jackfield-compress",
    "jackfield-judge",
    "jackfield-gates",
    "headline-compressor",
];

fn build(ground: &Ground) -> Outcome {
    ground.compile()?;
    // Their tests build them too; here nobody waits for it under a time limit.
    let line = format!("build --quiet --release --examples --locked --target {}", tools::WASM);
    let folder = ground.target.join(BUILT_GUESTS);
    for source in GUESTS {
        ground.cargo_in(&ground.root.join(source), &line, &[("CARGO_TARGET_DIR", folder.as_os_str())])?;
    }
    Ok(())
}

/// Before the tests, so that none of them waits for npm under a time limit.
fn fetch(ground: &Ground) -> Outcome {
    let Some(nextest) = tools::nextest(ground) else { return programs(ground) };
    // From what was built for all, with the same features.
    let which = "package(jackfield-standin) & binary(programs)";
    shown(test(ground, nextest).args(["-E", which]))
}

/// Fetches the pinned programs and holds them to their versions.
pub(crate) fn programs(ground: &Ground) -> Outcome {
    ground.members("test --package jackfield-standin --locked --test programs", &[])
}

/// The test runner, on everything.
fn test(ground: &Ground, nextest: PathBuf) -> Command {
    let mut command = ground.program(nextest);
    command.args(["nextest", "run"]);
    ground.lint(&mut command);
    command.args(["--workspace", "--locked"]);
    command
}

/// The program that behaviour tests start is among what is compiled first: an old one would be tested.
fn tests(ground: &Ground) -> Outcome {
    ground.compile()?;
    if let Some(nextest) = tools::nextest(ground) {
        let profile = if ground.quick { "quick" } else { "default" };
        return shown(test(ground, nextest).args(["--no-fail-fast", "--profile", profile]));
    }
    println!("NOTE: cargo-nextest is not here, so `cargo test` runs the tests: a hang is not ended.");
    let less = if ground.quick { "--exclude jackfield-standin --exclude jackfield-behaviour" } else { "" };
    ground.members(&format!("test --workspace --locked --all-targets {less}"), &[])
}

/// The document is written by the test that holds it to what the suites say.
pub(crate) fn conformance(ground: &Ground) -> Outcome {
    ground.compile()?;
    let line = "test --workspace --locked --test client_programs conformance_suites_pass -- --nocapture";
    ground.members(line, &[("BLESS", OsStr::new("1"))])
}

/// Every example, and what the library's users read: no link leads nowhere, and nothing public goes unexplained.
fn documents(ground: &Ground) -> Outcome {
    let crates = OsStr::new(rustdoc::READ);
    let own = ground.target.join("debug/xtask");
    ground.members(
        "test --workspace --locked --doc",
        &[("RUSTDOC", own.as_os_str()), (rustdoc::CRATES, crates)],
    )
}

/// As the build made it: `cargo run -p jackfield --example embed` would choose features anew.
fn example(ground: &Ground) -> Outcome {
    ground.compile()?;
    shown(&mut ground.program(ground.target.join("debug/examples/embed")))
}

/// As the README says, but unoptimised: everything was fetched for the build. What is installed then does its main job.
fn install(ground: &Ground) -> Outcome {
    let installed = ground.target.join("installed");
    let line = "install --path host/cli --locked --offline --debug --force";
    let where_to = [("CARGO_INSTALL_ROOT", installed.as_os_str()), ("CARGO_NET_OFFLINE", OsStr::new("true"))];
    ground.members(line, &where_to)?;
    shown(ground.program(installed.join("bin/jackfield")).arg("demo"))
}

/// The shipped components and nothing else, where the host's build script looks for them.
pub(crate) fn components(ground: &Ground) -> Outcome {
    tools::wasm_target(ground)?;
    let folder = ground.target.join("components");
    for package in COMPONENTS {
        let what = format!("rustc --package {package} --lib --crate-type cdylib");
        let line = format!("{what} --target {} --profile component", tools::WASM);
        ground.cargo_in(&ground.root, &line, &[("CARGO_TARGET_DIR", folder.as_os_str())])?;
    }
    println!("in {}", folder.join(tools::WASM).join("component").display());
    Ok(())
}
