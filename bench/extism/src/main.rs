//! One policy, asked the same: as a component in Rust, JavaScript and Python through the host, and as an Extism plugin
//! in Rust through Extism. All in one run, taking turns, and all must answer the same.
//!
//! ```sh
//! jackfield-bench-extism JACKFIELD EXTISM_PLUGIN COMPONENT...
//! ```

use anyhow::{Context, Result, bail, ensure};
use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Rounds in which everybody has a turn, and calls in a turn.
const ROUNDS: usize = 7;
const CALLS: usize = 200;
/// Calls before those that count.
const WARMING: usize = 10;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(jackfield), Some(plugin)) = (arguments.next(), arguments.next()) else {
        bail!("usage: jackfield-bench-extism JACKFIELD EXTISM_PLUGIN COMPONENT...");
    };
    let components: Vec<PathBuf> = arguments.collect();
    let facts = facts();
    let asked = std::env::temp_dir().join(format!("jackfield-bench-extism-{}.json", std::process::id()));
    std::fs::write(&asked, facts.to_string())?;
    let measured = measure(&jackfield, &plugin, &components, &facts.to_string(), &asked);
    std::fs::remove_file(&asked)?;
    print(measured?);
    Ok(())
}

/// Four who can start, of whom one is free and one has no price, as the author's guide has it.
fn facts() -> Value {
    let candidate = |executor: &str, free: bool, rates: Value| {
        json!({
            "executor": executor, "free": free, "rates": rates, "installed": true, "login": "logged-in",
            "busy": 0, "slots": 2, "cooling-until": null,
        })
    };
    json!({
        "now": 1_800_000_000_000_u64,
        "task": { "task-type": "bugfix", "effort": null },
        "candidates": [
            candidate("dear", false, json!({ "input": 5_000_000, "output": 25_000_000 })),
            candidate("cheap", false, json!({ "input": 250_000, "output": 2_000_000 })),
            candidate("unknown", false, Value::Null),
            candidate("free", true, Value::Null),
        ],
    })
}

/// Somebody, and the medians of their turns.
struct Measured {
    who: String,
    medians: Vec<Duration>,
}

fn measure(
    jackfield: &Path,
    plugin: &Path,
    components: &[PathBuf],
    facts: &str,
    asked: &Path,
) -> Result<Vec<Measured>> {
    let compiled = PluginBuilder::new(Manifest::new([Wasm::data(std::fs::read(plugin)?)])).compile()?;
    let mut kept = Plugin::new_from_compiled(&compiled)?;
    let answer: Value = serde_json::from_str(kept.call::<_, &str>("choose", facts)?)?;
    for component in components {
        let told = told(jackfield, "call", component, asked, &[])?;
        ensure!(told["answer"] == answer, "{} answers {}, not {answer}", component.display(), told["answer"]);
    }
    let mut all: Vec<Measured> = components
        .iter()
        .map(|component| named(component))
        .chain(["Extism, a fresh instance".to_owned(), "Extism, the same instance again".to_owned()])
        .map(|who| Measured { who, medians: Vec::new() })
        .collect();
    for _ in 0..ROUNDS {
        for (place, one) in all.iter_mut().enumerate() {
            one.medians.push(match components.get(place) {
                Some(component) => {
                    let calls = CALLS.to_string();
                    let told = told(jackfield, "bench", component, asked, &["--calls", &calls])?;
                    Duration::from_micros(told["p50_us"].as_u64().context("no p50_us")?)
                }
                None if place == components.len() => median(|| fresh(&compiled, facts))?,
                None => median(|| kept.call::<_, &str>("choose", facts).map(|_| ()))?,
            });
        }
    }
    Ok(all)
}

/// An instance that nobody has used and nobody will use again, as a component has it for each call.
fn fresh(compiled: &CompiledPlugin, facts: &str) -> Result<()> {
    let mut plugin = Plugin::new_from_compiled(compiled)?;
    plugin.call::<_, &str>("choose", facts)?;
    Ok(())
}

fn median(mut call: impl FnMut() -> Result<()>) -> Result<Duration> {
    for _ in 0..WARMING {
        call()?;
    }
    let mut took = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let begun = Instant::now();
        call()?;
        took.push(begun.elapsed());
    }
    Ok(middle(&mut took))
}

fn middle(sorted: &mut [Duration]) -> Duration {
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// What `jackfield plugin call` or `bench` says.
fn told(jackfield: &Path, command: &str, component: &Path, asked: &Path, more: &[&str]) -> Result<Value> {
    let mut line = Command::new(jackfield);
    line.args(["--json", "plugin", command]).arg(component).args(["choose", "--facts"]).arg(asked).args(more);
    let output = line.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    ensure!(
        output.status.success(),
        "`jackfield plugin {command}` of {}: {}",
        component.display(),
        output.status
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn named(component: &Path) -> String {
    let name = component.file_stem().unwrap_or_default().to_string_lossy();
    format!("Jackfield, a fresh instance of {name}")
}

fn print(all: Vec<Measured>) {
    println!("one call of the same policy, {ROUNDS} rounds of {CALLS} calls each; the middle call\n");
    println!("| | median | best round | worst round |\n|---|---|---|---|");
    for Measured { who, mut medians } in all {
        let middle = middle(&mut medians);
        let at = |time: Option<&Duration>| {
            let micros = time.copied().unwrap_or_default().as_secs_f64() * 1e6;
            format!("{micros:.1} µs")
        };
        println!("| {who} | {} | {} | {} |", at(Some(&middle)), at(medians.first()), at(medians.last()));
    }
}
