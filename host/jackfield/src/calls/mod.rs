//! The calls of the handles. Each call checks the scope and the visibility of its principal, then calls the services
//! of the engine. A missing scope is the problem `insufficient_scope`; a task, run or human task of another principal
//! is reported as if it did not exist.

pub(super) mod answer;
pub(super) mod audit;
pub(super) mod backup;
#[cfg(feature = "board")]
pub(super) mod board;
pub(super) mod budget;
pub(super) mod changes;
pub(super) mod explain;
pub(super) mod external;
pub(super) mod feed;
pub(super) mod human_tasks;
pub(super) mod leased_runs;
pub(super) mod notifications;
pub(super) mod output;
pub(super) mod plugin_admin;
pub(super) mod remote_workers;
pub(super) mod replay;
pub(super) mod retention;
pub(super) mod runs;
pub(super) mod secrets;
pub(super) mod sessions;
pub(super) mod shadows;
#[cfg(feature = "board")]
pub(super) mod skills;
pub(super) mod status;
pub(super) mod tasks;
pub(super) mod texts;
pub(super) mod tokens;
pub(super) mod worker_ownership;
pub(super) mod workers;
