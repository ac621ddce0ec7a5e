//! The real agent programs, at the versions pinned in `tests/programs`.
//!
//! They are fetched with `npm ci` from the lockfile, once however many tests ask at the same time: a file
//! lock stands around it, and a stamp says which lockfile is installed. Install scripts are not run; the
//! links lead straight to the native binaries, since codex's script would stay between the host and the
//! real process and claude's would only copy its binary.

use jackfield_types::{ErrorCode, Problem};
use sha2::{Digest, Sha256};
use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// A folder with the links `claude`, `codex`, `gemini` and `node`, to be put first on a PATH.
#[derive(Debug, Clone)]
pub struct Programs {
    bin: PathBuf,
}

/// Why the programs are not there.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Node or npm is not on the PATH.
    #[error("`{0}` is not on the PATH, so the agent programs can neither be fetched nor run")]
    Missing(&'static str),
    /// npm gave up.
    #[error("`npm ci` in {folder} failed:\n{told}")]
    Npm {
        /// Where it ran.
        folder: PathBuf,
        /// The end of what it said.
        told: String,
    },
    /// Installed, and yet without this program.
    #[error("there is no {program} for this machine under {folder}")]
    NoProgram {
        /// Which one.
        program: &'static str,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The file system refused.
    #[error("{path}: {source}")]
    File {
        /// What was touched.
        path: PathBuf,
        /// How it refused.
        source: io::Error,
    },
}

impl FetchError {
    /// What to tell whoever runs the tests.
    pub fn problem(&self) -> Problem {
        let (code, remedy) = match self {
            Self::Missing(_) => (ErrorCode::ProgramsNeedNode, "install Node.js 20 or later with npm"),
            Self::Npm { .. } => {
                (ErrorCode::ProgramsNotFetched, "see that npm reaches its registry, then try again")
            }
            Self::NoProgram { .. } => (
                ErrorCode::ProgramsNotBuilt,
                "run the tests on a machine for which the programs are published",
            ),
            Self::File { .. } => (ErrorCode::ProgramsNotStored, "see that tests/programs can be written to"),
        };
        Problem::operator(code, self.to_string(), remedy)
    }
}

impl Programs {
    /// Finds the programs, or fetches them first.
    pub fn fetch() -> Result<Self, FetchError> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs");
        let folder = folder.canonicalize().map_err(|source| FetchError::File { path: folder, source })?;
        let node = on_path("node")?;
        let lock_path = folder.join("fetch.lock");
        let lock = File::create(&lock_path).map_err(at(&lock_path))?;
        lock.lock().map_err(at(&lock_path))?;
        let programs = Self { bin: folder.join("node_modules/.jackfield/bin") };
        let stamp = folder.join("node_modules/.jackfield/lockfile.sha256");
        let wanted = digest_of(&folder.join("package-lock.json"))?;
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) && programs.are_there() {
            return Ok(programs);
        }
        install(&folder)?;
        programs.link(&folder.join("node_modules"), &node)?;
        // The stamp comes last: an interrupted fetch is done again.
        fs::write(&stamp, wanted).map_err(at(&stamp))?;
        Ok(programs)
    }

    /// The programs for a test: nothing when this machine cannot have them, after saying so loudly. Where
    /// `CI=true`, what cannot be tested is a failure.
    pub fn for_test() -> Result<Option<Self>, FetchError> {
        match Self::fetch() {
            Err(error) if env::var("CI").is_ok_and(|ci| ci == "true") => Err(error),
            Err(error) => {
                eprintln!("SKIPPED, because the agent programs are not here: {}", error.problem());
                Ok(None)
            }
            Ok(programs) => Ok(Some(programs)),
        }
    }

    /// The folder to put first on a PATH. With nothing else on it but `/usr/bin` and `/bin`, all three run.
    pub fn bin(&self) -> &Path {
        &self.bin
    }

    /// A PATH with the programs first and the system's own after them.
    pub fn path(&self) -> String {
        format!("{}:/usr/local/bin:/usr/bin:/bin", self.bin.display())
    }

    /// Claude Code, the native binary.
    pub fn claude(&self) -> PathBuf {
        self.bin.join("claude")
    }

    /// Codex, the native binary.
    pub fn codex(&self) -> PathBuf {
        self.bin.join("codex")
    }

    /// Gemini CLI, a Node program.
    pub fn gemini(&self) -> PathBuf {
        self.bin.join("gemini")
    }

    /// Whether every link leads somewhere: Node may have moved since.
    fn are_there(&self) -> bool {
        ["claude", "codex", "gemini", "node"].iter().all(|name| self.bin.join(name).exists())
    }

    fn link(&self, modules: &Path, node: &Path) -> Result<(), FetchError> {
        if self.bin.exists() {
            fs::remove_dir_all(&self.bin).map_err(at(&self.bin))?;
        }
        fs::create_dir_all(&self.bin).map_err(at(&self.bin))?;
        // npm installs the packages of this machine only, so whichever is there is the right one.
        let claude = first_of(&modules.join("@anthropic-ai"), "claude-code-", "claude", |package| {
            vec![package.join("claude")]
        })?;
        let codex = first_of(&modules.join("@openai"), "codex-", "codex", |package| {
            folders(&package.join("vendor")).iter().map(|triple| triple.join("bin/codex")).collect()
        })?;
        let gemini = modules.join("@google/gemini-cli/bundle/gemini.js");
        for (name, target) in
            [("claude", claude), ("codex", codex), ("gemini", gemini), ("node", node.into())]
        {
            let link = self.bin.join(name);
            std::os::unix::fs::symlink(&target, &link).map_err(at(&link))?;
        }
        Ok(())
    }
}

/// The first program in the packages of a scope whose names begin like this.
fn first_of(
    scope: &Path,
    begins: &str,
    program: &'static str,
    places: impl Fn(&Path) -> Vec<PathBuf>,
) -> Result<PathBuf, FetchError> {
    let named = |package: &PathBuf| {
        package.file_name().is_some_and(|name| name.to_string_lossy().starts_with(begins))
    };
    folders(scope)
        .into_iter()
        .filter(named)
        .flat_map(|package| places(&package))
        .find(|file| file.is_file())
        .ok_or_else(|| FetchError::NoProgram { program, folder: scope.to_owned() })
}

/// What is in a folder, in order of names; nothing when it is not there.
fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.sort();
    found
}

#[allow(clippy::disallowed_methods, reason = "this fetches what tests need, before there is any host to ask")]
fn install(folder: &Path) -> Result<(), FetchError> {
    let npm = on_path("npm")?;
    let mut command = std::process::Command::new(&npm);
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
    let output = command.output().map_err(at(&npm))?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = told.lines().rev().take(20).collect();
    let told = last.into_iter().rev().collect::<Vec<_>>().join("\n");
    Err(FetchError::Npm { folder: folder.to_owned(), told })
}

fn on_path(program: &'static str) -> Result<PathBuf, FetchError> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .ok_or(FetchError::Missing(program))
}

fn digest_of(file: &Path) -> Result<String, FetchError> {
    let bytes = fs::read(file).map_err(at(file))?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> FetchError + use<> {
    let path = path.to_owned();
    move |source| FetchError::File { path, source }
}
