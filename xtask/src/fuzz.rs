//! A short run of every fuzz target, with this very toolchain: instrumentation is a matter of flags that it
//! knows, and what it needs besides is a C++ compiler for libFuzzer.
//!
//! What was found once lies in `fuzz/regressions/TARGET` and is tried first. Longer runs: `cargo fuzz run TARGET`.

use crate::failure::{Failure, Outcome};
use crate::ground::{Ground, shown, told};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The targets, and where what they begin with lies.
const TARGETS: [(&str, &[&str]); 3] = [
    ("answers", &[]),
    ("loader", &["host/plugins/tests/published/1.0.0"]),
    (
        "reading",
        &[
            "plugins/claude/tests/transcripts",
            "plugins/codex/tests/transcripts",
            "plugins/gemini/tests/transcripts",
        ],
    ),
];

/// Seconds for each.
const SECONDS: u32 = 20;
/// Inputs that each must have come through, else it was no run.
const FEWEST: u64 = 1_000;
/// Every branch counts, and comparisons are told to who guesses the next input.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

pub(crate) fn run(ground: &Ground) -> Outcome {
    if told(ground.program("c++").arg("--version")).is_err() {
        let failure = Failure::new(
            "no C++ compiler is here, and libFuzzer is built with one",
            "install it (Debian: g++), or use --quick",
        );
        if ground.ci {
            return Err(failure);
        }
        println!("NOTE: {failure}\nNOTE: SKIPPED: nothing was fuzzed; with CI=true this fails");
        return Ok(());
    }
    let (target, host) = (ground.target.join("fuzz"), host(ground)?);
    let mut build = ground.program("cargo");
    build.current_dir(ground.root.join("fuzz")).args(["build", "--release", "--locked", "--target", &host]);
    shown(build.env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", &target))?;
    let programs = target.join(&host).join("release");
    let commands: Vec<_> = TARGETS
        .iter()
        .map(|(name, seeds)| prepare(ground, &programs.join(name), name, seeds))
        .collect::<Result<_, _>>()?;
    // The targets run at the same time.
    let failed = |error: std::io::Error| Failure::new(error.to_string(), "build it first");
    let started: Vec<_> =
        commands.into_iter().map(|mut command| command.spawn().map_err(failed)).collect::<Result<_, _>>()?;
    let mut outputs = Vec::new();
    for program in started {
        outputs.push(program.wait_with_output().map_err(failed)?);
    }
    TARGETS.iter().zip(outputs).try_for_each(|((name, _), output)| judge(ground, name, &output))
}

/// Tries the known inputs of a target, and makes the command that looks for new ones.
fn prepare(ground: &Ground, program: &Path, name: &str, seeds: &[&str]) -> Result<Command, Failure> {
    let found = ground.target.join("fuzz/found");
    let corpus = ground.target.join("fuzz/corpus").join(name);
    for folder in [&found, &corpus] {
        fs::create_dir_all(folder)
            .map_err(|error| Failure::new(error.to_string(), "see that there is room"))?;
    }
    let known = known(&ground.root.join("fuzz/regressions").join(name));
    if !known.is_empty() {
        shown(ground.program(program).args(known))?;
    }
    let mut command = ground.program(program);
    command.arg(&corpus).args(seeds.iter().map(|seed| ground.root.join(seed)));
    command.args([format!("-max_total_time={SECONDS}"), format!("-artifact_prefix={}/", found.display())]);
    command.args([
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        "-verbosity=0",
        "-close_fd_mask=0",
    ]);
    if !seeds.is_empty() {
        // What is real is long; it is not to be left for last.
        command.arg("-len_control=0");
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

/// Reads what a target printed: it must have survived, and have tried enough inputs.
fn judge(ground: &Ground, name: &str, output: &Output) -> Outcome {
    let found = ground.target.join("fuzz/found");
    let said = String::from_utf8_lossy(&output.stderr);
    let figure = |name: &str| -> Option<u64> {
        said.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    };
    let inputs = figure("stat::number_of_executed_units:").unwrap_or(0);
    println!("{name:<10}{inputs} inputs in {SECONDS} s");
    if !output.status.success() {
        let end: Vec<_> = said.lines().rev().take(40).collect();
        let end: Vec<_> = end.into_iter().rev().collect();
        return Err(Failure::new(
            format!("{name} was brought down:\n{}", end.join("\n")),
            format!("the input is in {}; mend it, and put it into fuzz/regressions/{name}", found.display()),
        ));
    }
    if inputs < FEWEST {
        return Err(Failure::new(
            format!("{name} came through {inputs} inputs only, where {FEWEST} are the fewest"),
            "see what slows it down: the last change, or a machine with no core free",
        ));
    }
    Ok(())
}

fn known(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// Named, so that what runs while building is not instrumented.
fn host(ground: &Ground) -> Result<String, Failure> {
    let version = told(ground.program("rustc").arg("-vV"))?;
    let line = version.lines().find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned).ok_or_else(|| Failure::new("rustc names no host", "see `rustc -vV`"))
}
