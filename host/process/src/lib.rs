//! The only place that starts a process: identity, containment, output files, ending whole trees.
//!
//! This ensures:
//! - **Identity before existence.** [`Launcher::prepare`] starts a gate, not the agent. The agent comes to
//!   be only when [`Held::release`] is called, so whoever records [`Held::identity`] first can never meet an
//!   agent that it does not know. A host that dies in between leaves nothing behind.
//! - **Agents outlive the host.** They read and write regular files, never a pipe of the host's, and nothing
//!   here ends them on drop; [`adopt`] finds them again, and their status file tells how they ended.
//! - **Only what is meant is signalled.** Every signal goes through a pidfd whose process was checked, after
//!   it was opened, to be the one that is meant: never to a process that was merely given the same pid.
//! - **Nothing is left.** When [`Running::wait`] or [`Running::end`] returns, the whole tree is gone.
//!
//! Knows the operating system (Linux) and nothing of storage, money or components.
//!
//! ```no_run
//! # async fn story(spec: jackfield_process::Spec) -> Result<(), jackfield_process::ProcessError> {
//! use jackfield_process::{Grace, Launcher};
//! let launcher = Launcher::detect().await?;
//! let held = launcher.prepare(spec)?;
//! let identity = held.identity().clone(); // recorded durably here, before the agent exists
//! let mut running = held.release()?;
//! let exited = tokio::select! {
//!     exited = running.wait() => exited?,
//!     () = tokio::time::sleep(std::time::Duration::from_secs(180)) => {
//!         running.end(Grace::default()).await?.exited
//!     }
//! };
//! println!("{exited} ({identity:?})");
//! # Ok(()) }
//! ```

mod activity;
mod cgroup;
mod contained;
mod control;
mod environment;
mod error;
mod gate;
mod identity;
mod launcher;
mod lease;
mod namespace;
mod occupant;
mod output;
mod quick;
mod readiness;
mod running;
mod spec;
mod status;
mod sweep;
mod table;
mod tail;
mod which;

pub use activity::{ActivitySample, activity};
pub use contained::run_contained;
pub use environment::{
    Environment, GIT_VARIABLES, TAG_VARIABLE, base_environment, git_settings, host_environment,
};
pub use error::ProcessError;
pub use identity::{Containment, Identity};
pub use launcher::{Held, Launcher};
pub use lease::Lease;
pub use occupant::{Occupant, occupant};
pub use quick::{Quick, QuickSpec, run_quick};
pub use running::{Ended, Grace, Running, Stage, adopt, end_leftovers};
pub use spec::{ProcessLimits, Spec, TreeLimits};
pub use status::{Exited, Fate};
pub use tail::Tail;
pub use which::which;
