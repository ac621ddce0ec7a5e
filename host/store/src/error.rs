//! What can go wrong with the records, told so that the reader knows what to do.

use crate::Refusal;
use jackfield_sql::{BackendError, ErrorClass};
use jackfield_types::{ErrorCode, Operation, Problem, RunId, TaskId};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A kind of record, in errors about one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each has the name of its record")]
pub enum RecordKind {
    Attempt,
    Card,
    HumanTask,
    Run,
    Task,
    Worker,
    Workspace,
}

impl RecordKind {
    const fn not_found(self) -> ErrorCode {
        match self {
            Self::Attempt => ErrorCode::AttemptNotFound,
            Self::Card => ErrorCode::CardNotFound,
            Self::HumanTask => ErrorCode::HumanTaskNotFound,
            Self::Run => ErrorCode::RunNotFound,
            Self::Task => ErrorCode::TaskNotFound,
            Self::Worker => ErrorCode::WorkerNotFound,
            Self::Workspace => ErrorCode::WorkspaceNotFound,
        }
    }

    /// How the id of such a record is found, in words and as an operation. An attempt is found by its run.
    const fn search(self) -> (&'static str, Option<Operation>) {
        match self {
            Self::Attempt | Self::Run => ("list the runs", Some(Operation::ListRuns)),
            Self::Card => ("list the cards", Some(Operation::ListCards)),
            Self::HumanTask => {
                ("list the human tasks, with those that are closed", Some(Operation::ListHumanTasks))
            }
            Self::Task => ("list the tasks", Some(Operation::ListTasks)),
            Self::Worker => ("list the workers", Some(Operation::ListWorkers)),
            Self::Workspace => ("name a workspace by its path", None),
        }
    }

    /// Shows one such record.
    fn show(self, id: &str) -> Option<Operation> {
        match self {
            Self::HumanTask => id.parse().ok().map(Operation::ShowHumanTask),
            Self::Run => id.parse().ok().map(Operation::ShowRun),
            Self::Task => id.parse().ok().map(Operation::ShowTask),
            Self::Worker => Some(Operation::ListWorkers),
            Self::Attempt | Self::Card | Self::Workspace => None,
        }
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attempt => "attempt",
            Self::Card => "card",
            Self::HumanTask => "human task",
            Self::Run => "run",
            Self::Task => "task",
            Self::Worker => "worker",
            Self::Workspace => "workspace",
        })
    }
}

/// What can go wrong with the records.
#[derive(Debug, Clone, thiserror::Error)]
#[allow(missing_docs)]
pub enum StoreError {
    #[error("the data folder {} cannot be used: {why}", path.display())]
    Folder { path: PathBuf, why: String },
    #[error("{} was written by a newer Jackfield (its records are version {found}, this program knows {known})", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("{} is not a Jackfield database", path.display())]
    Foreign { path: PathBuf },
    #[error("'{0}' is not a time zone")]
    TimeZone(String),
    #[error("another process kept the records locked for too long")]
    Busy,
    #[error("the disk is full: nothing more can be recorded")]
    DiskFull,
    #[error("failed to use the store: {} was deleted, emptied or replaced while the host was running", path.display())]
    Replaced { path: PathBuf },
    #[error("failed to open store: {} is empty, but {} holds files of runs", path.display(), runs.display())]
    Emptied { path: PathBuf, runs: PathBuf },
    #[error("the records failed: {0}")]
    Database(Arc<jackfield_sql::Error>),
    #[error("a record does not read back: {0}")]
    Damaged(String),
    #[error("failed to write the backup: {} exists already", path.display())]
    BackupExists { path: PathBuf },
    #[error("failed to write the backup {}: {why}", path.display())]
    Backup { path: PathBuf, why: String },
    #[error("the store is closed")]
    Closed,
    #[error("there is no {what} {id}")]
    NotFound { what: RecordKind, id: String },
    #[error("there is no checkpoint {version} of task {task}")]
    NoCheckpoint { task: TaskId, version: u32 },
    #[error("'{prefix}' could be any of {}", found.join(", "))]
    Ambiguous { prefix: String, found: Vec<String> },
    #[error("{what} {id} is {from} and cannot become {to}")]
    Illegal { what: RecordKind, id: String, from: String, to: String },
    #[error("failed to {action} {what} {id}: it is {state}")]
    NotNow { action: &'static str, what: RecordKind, id: String, state: String },
    #[error("failed to write about run {run}: another worker has taken it over")]
    NotHeld { run: RunId },
    #[error("failed to admit a run for the stage {asked}: task {task} is in the stage {at}")]
    OtherStage { task: TaskId, at: String, asked: String },
    #[error("failed to change card {card}: its run {run} has not ended")]
    CardLocked { card: TaskId, run: RunId },
    #[error("failed to change card {card}: it was changed meanwhile and is version {version} now")]
    CardChanged { card: TaskId, version: u64 },
    #[error("card {card} cannot depend on card {other}: that one depends on it")]
    CardCycle { card: TaskId, other: TaskId },
    #[error("card {card} cannot depend on card {other}: that one is in another workspace")]
    OtherWorkspace { card: TaskId, other: TaskId },
    #[error("failed to change the {what}: it was changed meanwhile and is version {version} now")]
    Edited { what: &'static str, version: u64 },
    #[error("the idempotency key '{key}' was used for another request ({what} {id})")]
    KeyUsed { key: String, what: RecordKind, id: String },
    #[error("{0}")]
    Misuse(String),
}

impl StoreError {
    /// Whether the same call may succeed later: the file is locked, the disk is full, or the file is being put back.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Busy | Self::DiskFull | Self::Database(_) | Self::Replaced { .. })
    }

    /// A record that is `from` cannot become `to`.
    pub(crate) fn illegal(
        what: RecordKind,
        id: impl fmt::Display,
        from: impl fmt::Display,
        to: impl fmt::Display,
    ) -> Self {
        Self::Illegal { what, id: id.to_string(), from: from.to_string(), to: to.to_string() }
    }

    /// A record whose state does not allow an action.
    pub(crate) fn not_now(
        action: &'static str,
        what: RecordKind,
        id: impl fmt::Display,
        state: impl fmt::Display,
    ) -> Self {
        Self::NotNow { action, what, id: id.to_string(), state: state.to_string() }
    }

    /// For the person who meets it.
    pub fn problem(&self) -> Problem {
        let caller = |code, remedy| Problem::caller(code, self.to_string(), remedy);
        let operator = |code, remedy| Problem::operator(code, self.to_string(), remedy);
        match self {
            Self::Folder { .. } => operator(
                ErrorCode::DataFolder,
                "correct its owner and permissions, or name another data folder",
            )
            .with(Operation::ChooseDataFolder),
            Self::Newer { .. } => operator(
                ErrorCode::NewerRecords,
                "run the Jackfield that wrote it, or name another data folder",
            )
            .with(Operation::ChooseDataFolder),
            Self::Foreign { .. } => {
                operator(ErrorCode::ForeignDatabase, "move that file away, or name another data folder")
                    .with(Operation::ChooseDataFolder)
            }
            Self::TimeZone(_) => operator(
                ErrorCode::UnknownTimeZone,
                "give an IANA name such as UTC or Europe/Vienna as time_zone",
            ),
            Self::Busy => operator(
                ErrorCode::RecordsBusy,
                "try again; if it stays so, look for a process that hangs on the file",
            ),
            Self::DiskFull => operator(ErrorCode::DiskFull, "free some space on the disk of the data folder"),
            Self::Replaced { .. } => operator(
                ErrorCode::RecordsReplaced,
                "stop the host, put the file back, from a backup for example, and start it again",
            ),
            Self::Emptied { .. } => operator(
                ErrorCode::RecordsEmptied,
                "put the file back from a backup; or move the folder of runs away to begin anew, with nothing spent",
            ),
            Self::Database(_) | Self::Damaged(_) => operator(
                ErrorCode::RecordsFailed,
                "a backup may have to be restored; first check the installation",
            )
            .with(Operation::CheckInstallation),
            Self::BackupExists { .. } => caller(
                ErrorCode::BackupExists,
                "name a file that does not exist: a backup never overwrites anything",
            ),
            Self::Backup { .. } => operator(
                ErrorCode::BackupFailed,
                "remove the cause, or name a file on another disk, then try again",
            ),
            Self::Closed => operator(ErrorCode::StoreClosed, "the host is going down; start it again"),
            Self::NotFound { what, .. } => {
                let (remedy, operation) = what.search();
                caller(what.not_found(), remedy).with(operation)
            }
            Self::NoCheckpoint { task, .. } => caller(
                ErrorCode::CheckpointNotFound,
                "leave the version out for the latest one, or look at the task",
            )
            .with(Operation::ShowTask(*task)),
            Self::Ambiguous { .. } => caller(ErrorCode::AmbiguousId, "give more characters of the id"),
            Self::Illegal { what, id, .. } | Self::NotNow { what, id, .. } => {
                caller(ErrorCode::IllegalTransition, "look at its state").with(what.show(id))
            }
            Self::NotHeld { run } => operator(
                ErrorCode::RunTakenOver,
                "read the run: the worker that took it over goes on with it",
            )
            .with(Operation::ShowRun(*run)),
            Self::OtherStage { .. } => {
                caller(ErrorCode::IllegalTransition, "ask for a run of the stage that the task is in")
            }
            Self::CardLocked { run, .. } => {
                caller(ErrorCode::CardLocked, "wait for the end of its run, or cancel it first")
                    .with(Operation::AwaitResult(*run))
                    .with(Operation::CancelRun(*run))
            }
            Self::CardCycle { .. } => {
                caller(ErrorCode::CardCycle, "remove one of the dependencies between them")
            }
            Self::OtherWorkspace { .. } => caller(ErrorCode::BadCard, "name cards of the same workspace"),
            Self::CardChanged { .. } | Self::Edited { .. } => caller(
                ErrorCode::VersionConflict,
                "read it again, and send the change with the version that it has now",
            ),
            Self::KeyUsed { .. } => caller(
                ErrorCode::IdempotencyConflict,
                "send the same request as before with this key, or a new key with a new request",
            ),
            Self::Misuse(_) => {
                caller(ErrorCode::BadRequest, "correct the request as the message says, and send it again")
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        error.problem()
    }
}

impl From<jackfield_sql::Error> for StoreError {
    fn from(error: jackfield_sql::Error) -> Self {
        match error.class() {
            ErrorClass::Busy => Self::Busy,
            ErrorClass::Full => Self::DiskFull,
            _ => Self::Database(Arc::new(error)),
        }
    }
}

impl StoreError {
    /// An error of the backend that holds the records at `place`.
    pub(crate) fn of_backend(error: BackendError, place: &Path) -> Self {
        let path = place.to_owned();
        match error {
            BackendError::Folder { path, why } => Self::Folder { path, why },
            BackendError::Newer { found, known } => Self::Newer { path, found, known },
            BackendError::Foreign => Self::Foreign { path },
            BackendError::Replaced => Self::Replaced { path },
            BackendError::Emptied { path, runs } => Self::Emptied { path, runs },
            BackendError::BackupExists => Self::BackupExists { path },
            BackendError::Backup(why) => Self::Backup { path, why },
            BackendError::Database(error) => error.into(),
        }
    }
}

/// Why something was not admitted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AdmitError {
    /// The breaker refused it. Nothing of it was recorded but an event that says so.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The records failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AdmitError {
    /// For the person who meets it.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Refused(refusal) => refusal.problem(),
            Self::Store(error) => error.problem(),
        }
    }
}

impl From<AdmitError> for Problem {
    fn from(error: AdmitError) -> Self {
        error.problem()
    }
}

impl From<jackfield_sql::Error> for AdmitError {
    fn from(error: jackfield_sql::Error) -> Self {
        Self::Store(error.into())
    }
}
