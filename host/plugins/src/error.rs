//! What can go wrong with plugins, each named after the plugin, its version, its digest, the function
//! and what it did.

use crate::limits::Limits;
use crate::report::State;
use jackfield_types::{Digest, ErrorCode, Operation, PluginKind, PluginRef, Problem};
use std::fmt;
use std::path::PathBuf;

/// Why plugins could not be opened, or a call was not answered.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// A component did what it must not, and nothing else served the call.
    #[error(transparent)]
    Misbehaved(#[from] Box<Misbehaviour>),
    /// Nothing of that kind and name is in service.
    #[error("no {} named '{name}' is in service{}", kind_or_plugin(*kind), listed(known))]
    NotServing {
        /// What was asked for; none: any kind.
        kind: Option<PluginKind>,
        /// Its name.
        name: String,
        /// What is in service.
        known: Vec<String>,
    },
    /// What serves there is embedded, or nothing does.
    #[error("no dropped-in {kind} named '{name}' is in service, so there is nothing to roll back")]
    NotDropped {
        /// What was asked for.
        kind: PluginKind,
        /// Its name.
        name: String,
    },
    /// No chooser is in service.
    #[error("no chooser is in service")]
    NoChooser,
    /// No judge is in service.
    #[error("no judge is in service")]
    NoJudge,
    /// No gate in service offers that kind.
    #[error("no gate of the kind '{kind}' is in service{}", listed(known))]
    NoSuchGate {
        /// What was asked for.
        kind: String,
        /// What is offered.
        known: Vec<String>,
    },
    /// No compressor in service offers that level.
    #[error("no compressor offers the level '{level}'{}", listed(known))]
    NoSuchLevel {
        /// What was asked for.
        level: String,
        /// What is offered.
        known: Vec<String>,
    },
    /// A method of an attempt was called out of turn.
    #[error("the attempt driven by {plugin} {why}")]
    OutOfTurn {
        /// The adapter.
        plugin: PluginRef,
        /// What is not so.
        why: &'static str,
    },
    /// A component has no function of that name.
    #[error("{plugin} has no function '{function}'{}", listed(known))]
    NoSuchFunction {
        /// The component.
        plugin: Box<PluginRef>,
        /// What was asked for.
        function: String,
        /// What its kind has.
        known: Vec<String>,
    },
    /// Facts that a person wrote are not what the function takes.
    #[error("the facts for `{function}` cannot be used: {why}")]
    BadFacts {
        /// The function, as the WIT names it.
        function: &'static str,
        /// What is wrong, and where.
        why: String,
    },
    /// A component that is not in service could not be tried.
    #[error("{what} cannot be tried: {step}: {reason}")]
    Untriable {
        /// The file or the component.
        what: String,
        /// The file, where it is one.
        file: Option<PathBuf>,
        /// The step at which it stopped.
        step: State,
        /// Why.
        reason: String,
    },
    /// A shipped component did not pass its own checks.
    #[error("an embedded component cannot be used: {0}")]
    Embedded(String),
    /// A file or folder could not be read or written.
    #[error("{what} {}: {source}", path.display())]
    Io {
        /// What was being done.
        what: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The folder for compiled code can be written by others.
    #[error("{} can be written by other users, and compiled code in it would be run as it is", .0.display())]
    NotPrivate(PathBuf),
    /// What serves is locked, and the lock does not fit.
    #[error("the components are locked: {0}")]
    Locked(String),
    /// Nothing of that digest was ever kept under that kind and name.
    #[error("{digest} cannot serve as {kind} {name}: {why}")]
    NotKept {
        /// What was asked for.
        kind: PluginKind,
        /// Its name.
        name: String,
        /// Of which digest.
        digest: Digest,
        /// Why not.
        why: String,
    },
    /// A text that should be a key is none.
    #[error("{0}")]
    BadKey(String),
    /// There is nothing to take back.
    #[error("{0}")]
    NothingToUndo(String),
    /// The WebAssembly engine did not start.
    #[error("the WebAssembly engine did not start: {0}")]
    Engine(String),
    /// The drop folder cannot be watched.
    #[error("cannot watch {}: {why}", folder.display())]
    Watch {
        /// The drop folder.
        folder: PathBuf,
        /// What the system says.
        why: String,
    },
}

impl PluginError {
    /// As the person who meets it should read it.
    pub fn problem(&self) -> Problem {
        let message = self.to_string();
        match self {
            Self::Misbehaved(misbehaviour) => misbehaviour.problem(),
            Self::NotServing { kind, .. } => Problem::caller(
                ErrorCode::PluginNotServing,
                message,
                format!(
                    "Look for it in the list of components, which shows every {} and why one is not in service.",
                    kind_or_plugin(*kind)
                ),
            )
            .with(Operation::ListPlugins),
            Self::NotDropped { .. } => Problem::caller(
                ErrorCode::PluginNotDropped,
                message,
                "See which components serve, and their files, in the list of components.",
            )
            .with(Operation::ListPlugins),
            Self::NoChooser => Problem::operator(
                ErrorCode::NoChooser,
                message,
                "The configured chooser's name may be wrong; see why none serves in the list of components.",
            )
            .with(Operation::ListPlugins),
            Self::NoJudge => Problem::operator(
                ErrorCode::NoJudge,
                message,
                "The shipped judge serves unless another replaces it; see why none serves in the list of components.",
            )
            .with(Operation::ListPlugins),
            Self::NoSuchGate { .. } => {
                Problem::caller(ErrorCode::NoSuchGate, message, "Ask for one of the kinds that are offered.")
            }
            Self::NoSuchLevel { .. } => Problem::caller(
                ErrorCode::NoSuchLevel,
                message,
                "Ask for one of the levels that are offered.",
            ),
            Self::OutOfTurn { .. } => Problem::operator(
                ErrorCode::PluginOutOfTurn,
                message,
                "Start a new attempt; this one cannot be read any further.",
            ),
            Self::NoSuchFunction { .. } => Problem::caller(
                ErrorCode::NoSuchFunction,
                message,
                "Call one of the functions in the WIT of this kind.",
            ),
            Self::BadFacts { .. } => Problem::caller(
                ErrorCode::BadFacts,
                message,
                "The WIT in `wit/` names every fact; missing facts are empty or have their defaults.",
            ),
            Self::Untriable { file: Some(file), .. } => Problem::author(
                ErrorCode::PluginNotSound,
                message,
                "Check the file, to see every step.",
            )
            .with(Operation::CheckPluginFile(Some(file.clone()))),
            Self::Untriable { file: None, .. } => Problem::author(
                ErrorCode::PluginNotSound,
                message,
                "Try again; if it fails again, build the component anew.",
            ),
            Self::Embedded(_) => Problem::operator(
                ErrorCode::EmbeddedPluginUnusable,
                message,
                "This is a fault of this build of Jackfield, or the data folder is damaged: remove its `compiled` folder and start again.",
            ),
            Self::Io { path, .. } => Problem::operator(
                ErrorCode::PluginFiles,
                message,
                format!(
                    "Check that {} exists and belongs to this user, and that its disk has room.",
                    path.display()
                ),
            ),
            Self::NotPrivate(path) => Problem::operator(
                ErrorCode::PluginFolderNotPrivate,
                message,
                format!("chmod -R go-w '{}'", path.display()),
            ),
            Self::Locked(_) => Problem::operator(
                ErrorCode::PluginsLocked,
                message,
                "Start once with plugins.locked = false, so that the active components are written to plugins.lock.",
            )
            .with(Operation::ServeUnlocked),
            Self::NotKept { .. } => Problem::caller(
                ErrorCode::PluginNotKept,
                message,
                "Drop the file of the version that you want, or name a digest from the history of the components.",
            )
            .with(Operation::ListPluginVersions),
            Self::BadKey(_) => Problem::operator(
                ErrorCode::BadKey,
                message,
                "Create a signing key, sign with it, and write its public key into plugins.keys.",
            )
            .with(Operation::CreateSigningKey),
            Self::NothingToUndo(_) => Problem::caller(
                ErrorCode::NothingToUndo,
                message,
                "See which components serve, and why, in the list of components.",
            )
            .with(Operation::ListPlugins),
            Self::Engine(_) => Problem::operator(
                ErrorCode::PluginEngine,
                message,
                "Let the process reserve address space (`ulimit -v unlimited`).",
            ),
            Self::Watch { .. } => Problem::operator(
                ErrorCode::PluginWatch,
                message,
                "Check that the folder exists and that fs.inotify.max_user_watches is not used up.",
            ),
        }
    }
}

impl From<PluginError> for Problem {
    fn from(error: PluginError) -> Self {
        error.problem()
    }
}

fn kind_or_plugin(kind: Option<PluginKind>) -> &'static str {
    kind.map_or("plugin", PluginKind::as_str)
}

fn listed(known: &[String]) -> String {
    if known.is_empty() { String::new() } else { format!(" (there is {})", known.join(", ")) }
}

/// A component did what it must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misbehaviour {
    /// Which component.
    pub plugin: PluginRef,
    /// The function that it was asked.
    pub function: &'static str,
    /// What it did.
    pub violation: Violation,
    /// What serves this kind of call now.
    pub now: Option<String>,
}

/// What a component did that it must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// It stopped with a trap.
    Trapped {
        /// What kind of trap.
        trap: String,
        /// The last that it told the log.
        last_words: Option<String>,
    },
    /// It used more time of its own than it has.
    Cpu(Limits),
    /// It took longer than it may, whatever it did.
    Wall(Limits),
    /// It asked for more memory than it has.
    Memory {
        /// Bytes that it would have had.
        asked: u64,
        /// What it may use.
        limits: Limits,
    },
    /// It was not given the memory that it needed, since other components had it. Not its fault.
    Crowded {
        /// Bytes that it would have had.
        asked: u64,
        /// Bytes that all may have together.
        limit: u64,
    },
    /// It answered more than it may.
    Output(Limits),
    /// It gave the host more than it may, a log line for example.
    Argument(Limits),
    /// It asked the host more often, or for more, than it may.
    HostCalls(Limits),
    /// It gave an answer that its contract does not allow.
    Contract(String),
}

impl Violation {
    /// Stable, in `snake_case`.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Trapped { .. } => ErrorCode::PluginTrapped,
            Self::Cpu(_) => ErrorCode::PluginCpuDeadline,
            Self::Wall(_) => ErrorCode::PluginWallDeadline,
            Self::Memory { .. } => ErrorCode::PluginMemoryLimit,
            Self::Crowded { .. } => ErrorCode::PluginMemoryBusy,
            Self::Output(_) => ErrorCode::PluginOutputLimit,
            Self::Argument(_) => ErrorCode::PluginArgumentLimit,
            Self::HostCalls(_) => ErrorCode::PluginHostCalls,
            Self::Contract(_) => ErrorCode::PluginBrokeContract,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trapped { trap, last_words: Some(words) } => write!(f, "trapped ({trap}): {words}"),
            Self::Trapped { trap, last_words: None } => write!(f, "trapped ({trap})"),
            Self::Cpu(limits) => write!(f, "ran past its CPU budget of {:?}", limits.cpu),
            Self::Wall(limits) => write!(f, "did not answer within {:?}", limits.wall),
            Self::Memory { asked, limits } => {
                write!(f, "asked for {asked} bytes of memory where {} are allowed", limits.memory_bytes)
            }
            Self::Crowded { asked, limit } => {
                write!(f, "was refused {asked} bytes of memory: components may use {limit} together")
            }
            Self::Output(limits) => write!(f, "answered more than the {} bytes allowed", limits.output_bytes),
            Self::Argument(limits) => write!(
                f,
                "gave the host more than the {} bytes allowed in one call of `log` or `evidence`",
                limits.output_bytes
            ),
            Self::HostCalls(limits) => write!(
                f,
                "asked the host for more than the {} answers of {} bytes in all that are allowed",
                limits.host_calls, limits.host_bytes
            ),
            Self::Contract(how) => write!(f, "broke its contract: {how}"),
        }
    }
}

impl fmt::Display for Misbehaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} in `{}`", self.plugin, self.violation, self.function)?;
        self.now.iter().try_for_each(|now| write!(f, "; {now}"))
    }
}

impl std::error::Error for Misbehaviour {}

impl Misbehaviour {
    /// As the person who meets it should read it.
    pub fn problem(&self) -> Problem {
        let PluginRef { kind, name, .. } = &self.plugin;
        let remedy = match &self.violation {
            Violation::Crowded { .. } => {
                let remedy = "Ask again in a moment; where that happens often, raise plugins.memory_mb.";
                return Problem::operator(self.violation.code(), self.to_string(), remedy);
            }
            Violation::Trapped { .. } | Violation::Contract(_) => {
                format!(
                    "Mend the component, or take its file out of the plugin folder to have the one before it back: {kind} {name}."
                )
            }
            Violation::Cpu(_)
            | Violation::Wall(_)
            | Violation::Memory { .. }
            | Violation::Output(_)
            | Violation::Argument(_)
            | Violation::HostCalls(_) => {
                format!(
                    "Mend the component {name}, or raise the limits of its kind: [plugins.limits.{kind}] in the configuration."
                )
            }
        };
        Problem::author(self.violation.code(), self.to_string(), remedy)
    }
}

impl From<Misbehaviour> for Problem {
    fn from(error: Misbehaviour) -> Self {
        error.problem()
    }
}
