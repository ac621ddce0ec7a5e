//! Builds the shipped components for `wasm32-wasip2` and embeds them, so that the binary works as
//! a single file. Cargo runs this again only when a component, the SDK or the WIT has changed.
#![allow(clippy::disallowed_methods, reason = "a build script runs before any other part exists")]

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";

/// Package, and the name of the constant that holds its bytes.
const COMPONENTS: [(&str, &str); 9] = [
    ("claude-adapter", "CLAUDE"),
    ("codex-adapter", "CODEX"),
    ("gemini-adapter", "GEMINI"),
    ("shell-adapter", "SHELL"),
    ("jackfield-chooser", "CHOOSER"),
    ("jackfield-compress", "COMPRESS"),
    ("jackfield-judge", "JUDGE"),
    ("jackfield-gates", "GATES"),
    ("headline-compressor", "HEADLINE"),
];

fn main() -> Result<(), String> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../..");
    let out = PathBuf::from(variable("OUT_DIR")?);
    for source in ["wit", "sdk", "plugins", "examples/headline", "Cargo.lock", ".cargo/config.toml"] {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    ensure_target(&root)?;
    let target_folder = components_folder(&out)?;
    let mut index = String::new();
    for (package, name) in COMPONENTS {
        let wasm = build(&root, &target_folder, package)?;
        let kept = out.join(format!("{package}.wasm"));
        fs::copy(&wasm, &kept).map_err(|error| format!("cannot copy {}: {error}", wasm.display()))?;
        writeln!(index, "pub const {name}: &[u8] = include_bytes!({:?});", kept.display().to_string())
            .map_err(|error| error.to_string())?;
    }
    fs::write(out.join("components.rs"), index).map_err(|error| error.to_string())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("cargo did not set {name}"))
}

/// The components have a target folder of their own: this build holds the lock of the outer one.
fn components_folder(out: &Path) -> Result<PathBuf, String> {
    let target = out.ancestors().nth(4).ok_or("OUT_DIR is not inside a target folder")?;
    Ok(target.join("components"))
}

/// Installs the WebAssembly target if rustup can, else says the one command to run.
fn ensure_target(root: &Path) -> Result<(), String> {
    if has_target() {
        return Ok(());
    }
    println!("cargo::warning=the Rust target {TARGET} is missing; running `rustup target add {TARGET}`");
    let added = Command::new("rustup").args(["target", "add", TARGET]).current_dir(root).status();
    if added.is_ok_and(|status| status.success()) && has_target() {
        return Ok(());
    }
    Err(format!(
        "Jackfield's components need the Rust target {TARGET}. Run this once, then build again:\n\n    rustup target add {TARGET}\n"
    ))
}

fn has_target() -> bool {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .is_some_and(|folder| Path::new(folder.trim()).is_dir())
}

fn build(root: &Path, target_folder: &Path, package: &str) -> Result<PathBuf, String> {
    let output = Command::new(variable("CARGO")?)
        .args(["rustc", "--quiet", "--package", package, "--lib", "--crate-type", "cdylib"])
        .args(["--target", TARGET, "--profile", "component", "--target-dir"])
        .arg(target_folder)
        .current_dir(root)
        // What the outer build was told about its own compiler is not meant for this one.
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the component {package} did not build:\n{why}"));
    }
    Ok(target_folder.join(TARGET).join("component").join(format!("{}.wasm", package.replace('-', "_"))))
}
