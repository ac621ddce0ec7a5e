//! Building a component with the toolchain of its language, where that is there.
//!
//! The folder says in what it is written by the recipe that it holds. Everything is built inside it, and the
//! component lies beside the recipe under its own name when all went well.

use super::language::Language;
use jackfield_process::{Environment, Quick, QuickSpec, run_quick, which};
use jackfield_types::{ErrorCode, Operation, PluginKind, Problem};
use serde::Serialize;
use serde_json::Value;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What components in Rust are built for.
const TARGET: &str = "wasm32-wasip2";

/// As long as one step may take: fetching and compiling everything on a slow machine.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// What is kept of what a toolchain says.
const OUTPUT_BYTES: usize = 64 << 10;

/// A component that was built.
#[derive(Debug, Clone, Serialize)]
pub struct Built {
    /// The component.
    pub file: PathBuf,
    /// What it is written in.
    pub language: Language,
    /// Its size in bytes.
    pub size: u64,
    /// How long everything took, in milliseconds.
    pub millis: u64,
}

/// Builds what is written in `folder`. `tell` is given each step as it begins.
///
/// # Errors
/// A [`Problem`] that names what to install, or with what the toolchain said.
pub async fn build(folder: &Path, environment: &Environment, tell: impl Fn(&str)) -> Result<Built, Problem> {
    let folder = folder.canonicalize().map_err(|error| {
        Problem::caller(
            ErrorCode::NoFolder,
            format!("{} cannot be built in: {error}", folder.display()),
            "name the folder of a component, or make one",
        )
        .with(Operation::NewPlugin)
    })?;
    let begun = Instant::now();
    let shop = Shop { folder, environment, tell: &tell };
    let (language, name) = shop.recipe()?;
    let file = shop.folder.join(format!("{name}.wasm"));
    match language {
        Language::Rust => shop.rust(&name, &file).await?,
        Language::Js => shop.js().await?,
        Language::Python => shop.python(&name, shop.world()).await?,
    }
    let size = std::fs::metadata(&file).map(|file| file.len()).map_err(|error| {
        Problem::author(
            ErrorCode::NothingBuilt,
            format!("the recipe ended well and {} is not there: {error}", file.display()),
            "let the recipe write NAME.wasm beside itself, NAME being the name in it, as that of a new component does",
        )
        .with(Operation::NewPlugin)
    })?;
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Built { file, language, size, millis })
}

struct Shop<'a> {
    folder: PathBuf,
    environment: &'a Environment,
    tell: &'a dyn Fn(&str),
}

impl Shop<'_> {
    /// In what the folder is written, and the component's name.
    fn recipe(&self) -> Result<(Language, String), Problem> {
        let read = |name: &str| std::fs::read_to_string(self.folder.join(name)).ok();
        let name_in = |table: &str, manifest: &Value| {
            let name = if table.is_empty() { manifest.get("name") } else { manifest.get(table)?.get("name") };
            name?.as_str().map(str::to_owned)
        };
        let found = if let Some(text) = read("Cargo.toml") {
            let manifest = toml::from_str(&text).ok();
            (Language::Rust, manifest.and_then(|manifest| name_in("package", &manifest)))
        } else if let Some(text) = read("package.json") {
            let manifest = serde_json::from_str(&text).ok();
            (Language::Js, manifest.and_then(|manifest| name_in("", &manifest)))
        } else if let Some(text) = read("pyproject.toml") {
            let manifest = toml::from_str(&text).ok();
            (Language::Python, manifest.and_then(|manifest| name_in("project", &manifest)))
        } else {
            return Err(Problem::caller(
                ErrorCode::NoRecipe,
                format!("{} holds no Cargo.toml, package.json or pyproject.toml", self.folder.display()),
                "name the folder of a component, or make one",
            )
            .with(Operation::NewPlugin));
        };
        match found {
            (language, Some(name)) => Ok((language, name)),
            (language, None) => Err(Problem::author(
                ErrorCode::BadRecipe,
                format!("the recipe in {} does not name a component in {language}", self.folder.display()),
                "correct its `name`, as in the recipe of a new component",
            )
            .with(Operation::NewPlugin)),
        }
    }

    async fn rust(&self, name: &str, file: &Path) -> Result<(), Problem> {
        let missing = "install Rust with rustup (https://rustup.rs), then `rustup target add wasm32-wasip2`";
        self.needs("cargo", missing)?;
        let asked = self.run(&["rustc", "--print", "target-libdir", "--target", TARGET]).await?;
        let folder = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
        if !asked.is_success() {
            let said = String::from_utf8_lossy(&asked.stderr);
            return Err(Problem::operator(
                ErrorCode::ToolchainBroken,
                format!("failed to ask `rustc` for its target {TARGET}: {}", said.trim()),
                "see that `rustc --version` works; RUSTUP_TOOLCHAIN names a toolchain that must be installed",
            ));
        }
        if !Path::new(&folder).is_dir() {
            return Err(absent(
                &format!("Rust's target {TARGET}"),
                &format!("run `rustup target add {TARGET}`"),
            ));
        }
        let line = ["cargo", "build", "--release", "--target", TARGET, "--target-dir", "target"];
        self.step(&line).await?;
        let built = self.folder.join("target").join(TARGET).join("release");
        let built = built.join(format!("{}.wasm", name.replace('-', "_")));
        std::fs::copy(&built, file).map(drop).map_err(|error| {
            Problem::author(
                ErrorCode::NothingBuilt,
                format!("cargo ended well, and {} cannot be taken: {error}", built.display()),
                "let the crate be a `cdylib`, as that of a new component is",
            )
            .with(Operation::NewPlugin)
        })
    }

    async fn js(&self) -> Result<(), Problem> {
        let missing = "install Node.js 20 or later, which brings npm (https://nodejs.org)";
        self.needs("node", missing)?;
        self.needs("npm", missing)?;
        if !self.folder.join("node_modules").exists() {
            let how = if self.folder.join("package-lock.json").exists() { "ci" } else { "install" };
            self.step(&["npm", how, "--no-audit", "--no-fund", "--loglevel=error"]).await?;
        }
        self.step(&["npm", "run", "build", "--silent"]).await
    }

    /// The world of a component in Python; the other recipes say it to their own tools.
    fn world(&self) -> PluginKind {
        let text = std::fs::read_to_string(self.folder.join("pyproject.toml")).unwrap_or_default();
        let manifest: Option<Value> = toml::from_str(&text).ok();
        let kind = manifest.as_ref().and_then(|manifest| manifest.pointer("/tool/jackfield/kind")?.as_str());
        kind.and_then(|kind| kind.parse().ok()).unwrap_or(PluginKind::Chooser)
    }

    async fn python(&self, name: &str, world: PluginKind) -> Result<(), Problem> {
        const TOOL: &str = "componentize-py";
        let own = self.folder.join(".venv/bin").join(TOOL);
        let tool = if own.exists() {
            own
        } else if let Some(found) = self.find(TOOL) {
            found
        } else {
            let missing = "install Python 3.10 or later with venv and pip (Debian: python3-venv), or componentize-py itself";
            self.needs("python3", missing)?;
            self.step(&["python3", "-m", "venv", ".venv"]).await?;
            let pip = [".venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
            let line: Vec<_> = pip.into_iter().chain(["--requirement", "requirements.txt"]).collect();
            self.step(&line).await?;
            own
        };
        let output = format!("{name}.wasm");
        let tool = tool.to_string_lossy();
        let line =
            [&*tool, "--wit-path", "wit", "--world", world.as_str(), "--quiet", "componentize", "policy"];
        self.step(&line.into_iter().chain(["--output", &output]).collect::<Vec<_>>()).await
    }

    fn find(&self, program: &str) -> Option<PathBuf> {
        which(program, self.environment.get(std::ffi::OsStr::new("PATH"))?)
    }

    fn needs(&self, program: &str, remedy: &str) -> Result<(), Problem> {
        self.find(program).map(drop).ok_or_else(|| absent(&format!("`{program}`"), remedy))
    }

    /// One step of a recipe, which must go well.
    async fn step(&self, line: &[&str]) -> Result<(), Problem> {
        let shown = line.join(" ");
        (self.tell)(&shown);
        let ended = self.run(line).await?;
        if ended.is_success() {
            return Ok(());
        }
        let mut said = String::from_utf8_lossy(&ended.stdout).into_owned();
        said.push_str(&String::from_utf8_lossy(&ended.stderr));
        let how = match (ended.timed_out, ended.code) {
            (true, _) => format!("took longer than {} minutes", PATIENCE.as_secs() / 60),
            (false, Some(code)) => format!("ended with code {code}"),
            (false, None) => "was ended by a signal".to_owned(),
        };
        Err(Problem::author(
            ErrorCode::BuildFailed,
            format!("`{shown}` {how}:\n{}", said.trim()),
            "fix the reported errors, then build again",
        ))
    }

    async fn run(&self, line: &[&str]) -> Result<Quick, Problem> {
        let spec = QuickSpec {
            argv: line.iter().map(OsString::from).collect(),
            environment: self.environment.clone(),
            cwd: self.folder.clone(),
            stdin: Vec::new(),
            timeout: PATIENCE,
            output_cap: OUTPUT_BYTES,
        };
        Ok(run_quick(spec).await?)
    }
}

fn absent(what: &str, remedy: &str) -> Problem {
    Problem::operator(
        ErrorCode::ToolchainMissing,
        format!("{what} is missing, which this component is built with"),
        remedy,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::new;

    fn with_path(path: &Path) -> Environment {
        [("PATH".into(), path.as_os_str().to_owned())].into_iter().collect()
    }

    #[tokio::test]
    async fn missing_toolchain_is_reported_with_what_to_install() {
        let place = tempfile::tempdir().unwrap();
        let empty = place.path().join("bin");
        std::fs::create_dir(&empty).unwrap();
        for (language, missing, remedy) in [
            (Language::Rust, "`cargo`", "rustup"),
            (Language::Js, "`node`", "Node.js"),
            (Language::Python, "`python3`", "componentize-py"),
        ] {
            let made = new(place.path(), language.as_str(), PluginKind::Chooser, language).unwrap();
            let problem = build(&made.folder, &with_path(&empty), |_| {}).await.unwrap_err();
            assert_eq!(problem.code, "toolchain_missing");
            assert!(problem.message.contains(missing), "{problem}");
            assert!(problem.remedy.contains(remedy), "{problem}");
        }
    }

    #[tokio::test]
    async fn folder_without_a_recipe_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let nothing = build(place.path(), &with_path(place.path()), |_| {}).await.unwrap_err();
        assert_eq!(nothing.code, "no_recipe");
        std::fs::write(place.path().join("package.json"), "{}").unwrap();
        let nameless = build(place.path(), &with_path(place.path()), |_| {}).await.unwrap_err();
        assert_eq!(nameless.code, "bad_recipe");
    }
}
