//! Where this is and how programs are started: the repository, cargo, its build folder, and an
//! environment in which a cargo inside a cargo builds nothing twice.

use crate::failure::{Failure, Outcome};
use serde_json::Value;
use std::{
    cell::Cell,
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The program that behaviour tests start.
const BINARY: &str = "JACKFIELD_TEST_BINARY";
/// What clippy's driver reads its options from, in the form that `cargo clippy` gives them: every warning is an
/// error. Cargo compiles anew what was compiled under other options.
const LINTS: (&str, &str) = ("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");

/// What every step stands on.
#[derive(Debug)]
pub(crate) struct Ground {
    /// The repository.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// Leave the real agent programs out.
    pub(crate) quick: bool,
    /// What cannot be tested is a failure.
    pub(crate) ci: bool,
    cargo: PathBuf,
    /// The compiler of the workspace's own crates, where they are linted while they are compiled.
    driver: Option<PathBuf>,
    /// Whether this program has compiled the workspace.
    compiled: Cell<bool>,
}

impl Ground {
    pub(crate) fn survey(quick: bool) -> Outcome<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned);
        let root =
            root.ok_or_else(|| Failure::new("xtask is not in a repository", "clone the whole repository"))?;
        let mut ground = Self {
            target: root.join("target"),
            cargo: env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from),
            ci: env::var("CI").is_ok_and(|ci| ci == "true"),
            quick,
            root,
            driver: None,
            compiled: Cell::new(false),
        };
        let known = ground.metadata(&ground.root.join("Cargo.toml"), &["--no-deps"])?;
        if let Some(target) = known.get("target_directory").and_then(Value::as_str) {
            ground.target = target.into();
        }
        if ground.ci {
            let sysroot = told(ground.program("rustc").args(["--print", "sysroot"]))?;
            ground.driver = Some(Path::new(sysroot.trim()).join("bin/clippy-driver"));
        }
        Ok(ground)
    }

    /// Whether compiling the workspace's own crates lints them. With CI=true it does: clippy's driver is a whole
    /// compiler, so dependencies are compiled once, and not for `cargo clippy` and for `cargo build` apart. Without,
    /// it would compile a second time what the developer has compiled with plain cargo.
    pub(crate) fn lints(&self) -> bool {
        self.driver.as_ref().is_some_and(|driver| driver.is_file())
    }

    /// What cargo knows about a workspace.
    pub(crate) fn metadata(&self, manifest: &Path, more: &[&str]) -> Outcome<Value> {
        let mut command = self.program(&self.cargo);
        command.args(["metadata", "--format-version", "1", "--manifest-path"]).arg(manifest).args(more);
        let text = told(&mut command)?;
        serde_json::from_str(&text)
            .map_err(|error| Failure::new(format!("cargo metadata cannot be read: {error}"), "update cargo"))
    }

    /// A program in the repository: with nothing on its standard input, and without what cargo told *this*
    /// program about itself, which would make build scripts run again.
    pub(crate) fn program(&self, name: impl AsRef<OsStr>) -> Command {
        let mut command = program(name);
        command.current_dir(&self.root).stdin(Stdio::null());
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            let about_us = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
            if about_us.iter().any(|begins| text.starts_with(begins)) {
                command.env_remove(&name);
            }
        }
        command.env(BINARY, self.target.join("debug/jackfield"));
        command
    }

    /// Runs cargo as the line says (words between spaces), its output shown.
    pub(crate) fn cargo(&self, line: &str) -> Outcome {
        self.cargo_in(&self.root, line, &[])
    }

    /// Runs cargo in another folder, with more variables.
    pub(crate) fn cargo_in(&self, folder: &Path, line: &str, more: &[(&str, &OsStr)]) -> Outcome {
        let mut command = self.program(&self.cargo);
        command.current_dir(folder).args(line.split_whitespace()).envs(more.iter().copied());
        shown(&mut command)
    }

    /// Runs cargo on the workspace's own crates, as the line says.
    pub(crate) fn members(&self, line: &str, more: &[(&str, &OsStr)]) -> Outcome {
        let mut words = line.split_whitespace();
        let mut command = self.program(&self.cargo);
        command.args(words.next());
        self.lint(&mut command);
        shown(command.args(words).envs(more.iter().copied()))
    }

    /// Has a command of cargo that compiles lint the workspace's own crates. It says so to this command alone:
    /// what tests and build scripts compile is not linted here, and components have to be what rustc makes of them.
    pub(crate) fn lint(&self, command: &mut Command) {
        if let Some(driver) = self.driver.as_ref().filter(|_| self.lints()) {
            let driver = format!("build.rustc-workspace-wrapper={:?}", driver.display().to_string());
            command.args(["--config", &driver]).env(LINTS.0, LINTS.1);
        }
    }

    /// Compiles the whole workspace with its tests, once, so that every later step finds its crates built with the
    /// same features.
    pub(crate) fn compile(&self) -> Outcome {
        if !self.compiled.get() {
            self.members("build --workspace --all-targets --locked --keep-going", &[])?;
            self.compiled.set(true);
        }
        Ok(())
    }

    /// Builds the host and its bench as they are released, and runs the bench.
    pub(crate) fn bench(&self, arguments: &[String]) -> Outcome {
        self.cargo("build --release --package jackfield-cli --package jackfield-bench")?;
        shown(self.program(self.target.join("release/jackfield-bench")).args(arguments))
    }

    /// Files that git tracks, or would with the next commit, relative to the repository.
    pub(crate) fn files(&self) -> Outcome<Vec<String>> {
        let which = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = told(self.program("git").args(which))?;
        Ok(listed.split_terminator('\0').map(str::to_owned).collect())
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "starting programs is what this crate is for; the host has no part in it"
)]
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    Command::new(name)
}

/// Runs a program whose output is shown.
pub(crate) fn shown(command: &mut Command) -> Outcome {
    println!("$ {}", line(command));
    ran(command)
}

/// Runs a program whose output is shown, and nothing else.
pub(crate) fn ran(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("`{}`: {status}", line(command)), "what it said is above"))
}

/// Runs a program for its output.
pub(crate) fn told(command: &mut Command) -> Outcome<String> {
    let output = command.output().map_err(|error| not_started(command, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format!("`{}`: {}", line(command), output.status), why.trim_end()))
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    let program = Path::new(command.get_program()).display();
    Failure::new(
        format!("`{program}` cannot be started: {error}"),
        format!("install `{program}`, or put it on the PATH"),
    )
}

fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or_else(|| command.get_program()).to_string_lossy()];
    words.extend(command.get_args().map(OsStr::to_string_lossy));
    words.join(" ")
}
