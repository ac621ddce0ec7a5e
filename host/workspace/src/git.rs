//! Asking the `git` program, always in the same careful way.
//!
//! Every call has a scrubbed environment (nothing that redirects git is inherited), no hooks, no
//! garbage collection, no prompt, no file system monitor, and a time limit. Paths are given as the
//! working directory or after `--`, never where they could be read as an option. The user's own
//! configuration is otherwise respected.
//!
//! Where files are taken in or written out, git runs filters: the user's, in a PID namespace that ends with the
//! call, within the bounds in force, and none that an agent has added (see `settings.rs`, `trust.rs`).

use crate::bounds::Bounds;
use crate::guard::Guard;
use crate::logins::without_logins;
use crate::settings::Settings;
use crate::{Commit, WorkspaceError, git_environment, removal};
use jackfield_process::{Environment, ProcessError, QuickSpec, run_contained, run_quick};
use std::ffi::{OsStr, OsString};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Long enough for a checkout of a large repository on a slow disk.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(600);
const OUTPUT_CAP: usize = 64 << 20;

/// One call of git, being put together.
#[derive(Clone)]
pub(crate) struct Git {
    what: String,
    cwd: PathBuf,
    environment: Environment,
    argv: Vec<OsString>,
    stdin: Vec<u8>,
    filters: Filters,
    /// It runs in a namespace of its own, because filters may run in it.
    contained: bool,
    /// How long filters may take at most in this call.
    patience: Duration,
}

/// Whether a call runs the filters of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filters {
    /// It touches no files that filters are for.
    None,
    /// It does, and it fails where they do.
    Needed,
    /// It does, and it does without them where they fail or take too long.
    Wanted,
}

/// What git answered, whether it succeeded or not.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) said: String,
}

impl Git {
    /// `what` completes the sentence "git could not …".
    pub(crate) fn to(what: impl Into<String>, cwd: impl Into<PathBuf>) -> Self {
        let (environment, argv) = (git_environment::environment(), git_environment::command());
        let filters = Filters::None;
        let (what, cwd, stdin, patience) = (what.into(), cwd.into(), Vec::new(), TIMEOUT);
        Self { what, cwd, environment, argv, stdin, filters, contained: false, patience }
    }

    /// It runs filters, and what they do is needed.
    pub(crate) fn filtered(mut self) -> Self {
        self.filters = Filters::Needed;
        self
    }

    /// It runs filters. Where they fail or take too long, it is done without them.
    pub(crate) fn filtered_if_possible(mut self) -> Self {
        self.filters = Filters::Wanted;
        self
    }

    /// It writes no index and looks into no file, so no filter runs.
    pub(crate) fn files_untouched(mut self) -> Self {
        self.filters = Filters::None;
        self
    }

    /// Filters may take that long at most, whatever the bounds in force.
    pub(crate) fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// One more environment variable.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.insert(name.into(), value.as_ref().into());
        self
    }

    /// One more setting, which must come before the arguments.
    pub(crate) fn set(self, setting: &str) -> Self {
        self.arguments(["-c", setting])
    }

    /// More arguments.
    pub(crate) fn arguments<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.argv.extend(arguments.into_iter().map(|argument| argument.as_ref().into()));
        self
    }

    /// One more argument.
    pub(crate) fn argument(self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments([argument])
    }

    /// What it reads.
    pub(crate) fn reading(mut self, stdin: impl Into<Vec<u8>>) -> Self {
        self.stdin = stdin.into();
        self
    }

    /// Runs it; a refusal is an answer too.
    pub(crate) async fn ask(self) -> Result<Answer, WorkspaceError> {
        // In a box, because every other future here holds some of these.
        Box::pin(self.asked()).await
    }

    async fn asked(mut self) -> Result<Answer, WorkspaceError> {
        let guard = Guard::current();
        if let Some(guard) = &guard
            && guard.overrides.offline
        {
            self.environment.insert("GIT_ALLOW_PROTOCOL".into(), "none".into());
        }
        if self.filters == Filters::None {
            return self.once(std::future::pending()).await;
        }
        let mut filtered = self.clone();
        filtered.configure(guard.iter().flat_map(|guard| &guard.overrides.settings));
        let patience = self.patience;
        let over = async move {
            tokio::select! {
                () = Bounds::current().over() => {}
                () = tokio::time::sleep(patience) => {}
            }
        };
        filtered.contained = !guard.is_some_and(|guard| guard.overrides.no_filters);
        let answer = filtered.once(over).await;
        let failed = match &answer {
            Ok(answer) => !matches!(answer.code, Some(0 | 1)),
            Err(error) => matches!(error, WorkspaceError::GitTooSlow { .. }),
        };
        if self.filters == Filters::Wanted && failed {
            // In a box, because reading the configuration asks git too.
            Box::pin(self.unfiltered(answer)).await
        } else {
            answer
        }
    }

    /// Runs it without filters, where there are any to blame for the `answer` that it gave with them.
    async fn unfiltered(mut self, answer: Result<Answer, WorkspaceError>) -> Result<Answer, WorkspaceError> {
        let git_folder = self.environment.get(OsStr::new("GIT_DIR")).map(PathBuf::from);
        let off = settings(&self.cwd, git_folder.as_deref()).await?.without_filters();
        if off.is_empty() {
            return answer;
        }
        if let Some(index) = self.environment.get(OsStr::new("GIT_INDEX_FILE")) {
            let mut lock = index.clone();
            lock.push(".lock");
            removal::forget(Path::new(&lock))?;
        }
        self.configure(&off);
        self.contained = true;
        let what = self.what.clone();
        let plain = self.once(std::future::pending()).await?;
        // What a filter printed stays in the log: anything may stand there.
        let (why, said) = match answer {
            Ok(answer) => ("failed", answer.refused(what.clone())),
            Err(error) => ("did not finish in time", error),
        };
        tracing::warn!(%said, "git's filters {why} and were left out to {what}");
        if let Some(guard) = Guard::current() {
            guard.note(format!("git's filters {why}: files were taken as they are, without them, to {what}"));
        }
        Ok(plain)
    }

    /// More settings, which win over those of all configuration files. As variables, because the name of a
    /// filter may hold what separates a key from its value on the command line.
    fn configure<'a>(&mut self, settings: impl IntoIterator<Item = &'a (String, String)>) {
        let name = OsStr::new("GIT_CONFIG_COUNT");
        let count = self.environment.get(name).and_then(|count| count.to_str()?.parse().ok());
        let mut count: usize = count.unwrap_or(0);
        for (key, value) in settings {
            self.environment.insert(format!("GIT_CONFIG_KEY_{count}").into(), key.into());
            self.environment.insert(format!("GIT_CONFIG_VALUE_{count}").into(), value.into());
            count += 1;
        }
        if count > 0 {
            self.environment.insert(name.to_owned(), count.to_string().into());
        }
    }

    async fn once(self, enough: impl Future<Output = ()>) -> Result<Answer, WorkspaceError> {
        let Self { what, cwd, environment, argv, stdin, contained, .. } = self;
        if !cwd.is_dir() {
            return Err(WorkspaceError::NotFound(cwd));
        }
        let began = Instant::now();
        let spec = QuickSpec { argv, environment, cwd, stdin, timeout: TIMEOUT, output_cap: OUTPUT_CAP };
        let ran = if contained {
            run_contained(spec, Bounds::current().file_bytes(), enough).await
        } else {
            tokio::select! {
                ran = run_quick(spec) => ran,
                () = enough => {
                    return Err(WorkspaceError::GitTooSlow { what, seconds: began.elapsed().as_secs() });
                }
            }
        };
        let quick = ran.map_err(|error| match error {
            ProcessError::NoProgram { .. } => WorkspaceError::GitMissing,
            error => WorkspaceError::Git { what: what.clone(), said: error.to_string() },
        })?;
        if quick.timed_out {
            return Err(WorkspaceError::GitTooSlow { what, seconds: began.elapsed().as_secs() });
        }
        if quick.left_out > 0 {
            let said = format!("it had more to say than the {} MiB that are kept", OUTPUT_CAP >> 20);
            return Err(WorkspaceError::Git { what, said });
        }
        let said = without_logins(String::from_utf8_lossy(&quick.stderr).trim());
        Ok(Answer { code: quick.code, stdout: quick.stdout, said })
    }

    /// Runs it, and gives what it wrote to standard output. A refusal is an error.
    pub(crate) async fn run(self) -> Result<Vec<u8>, WorkspaceError> {
        let what = self.what.clone();
        let answer = self.ask().await?;
        if answer.code == Some(0) { Ok(answer.stdout) } else { Err(answer.refused(what)) }
    }

    /// Runs it for one line of text.
    pub(crate) async fn line(self) -> Result<String, WorkspaceError> {
        let mut line = String::from_utf8_lossy(&self.run().await?).into_owned();
        if line.ends_with('\n') {
            line.pop();
        }
        Ok(line)
    }

    /// Runs it for the id of a commit.
    pub(crate) async fn commit(self) -> Result<Commit, WorkspaceError> {
        let what = self.what.clone();
        Commit::try_from(self.line().await?)
            .map_err(|error| WorkspaceError::Git { what, said: error.to_string() })
    }
}

impl Answer {
    /// This answer as the error that it is.
    pub(crate) fn refused(self, what: String) -> WorkspaceError {
        let said = if self.said.is_empty() { format!("it ended with {:?}", self.code) } else { self.said };
        WorkspaceError::Git { what, said }
    }
}

/// The commands of the configuration where git is to work. `git_folder` is said where git must not look for it.
pub(crate) async fn settings(at: &Path, git_folder: Option<&Path>) -> Result<Settings, WorkspaceError> {
    let git = Git::to("read its configuration", at);
    let git = match git_folder {
        Some(folder) => git.with("GIT_DIR", folder),
        None => git,
    };
    let listing = git.arguments(["config", "--list", "-z", "--show-scope"]).run().await?;
    Ok(Settings::parse(&listing))
}
