//! A worker elsewhere: it takes rounds of runs from a host over HTTP, makes them as a host of its own does (its own
//! records, worktrees, adoption of agents after a restart), and tells what became of them.
//!
//! ```text
//! host                                   worker
//!  │ ◄──────────── register ─────────────┤ who it is, which programs it has
//!  │ ◄──────────── beat ─────────────────┤ renews the lease; hears what is to end
//!  │ ◄──────────── work ─────────────────┤ a round to make; fetches the commit to begin from
//!  │ ◄──────────── news ─────────────────┤ events and usage, numbered: told again after a gap
//!  │ ◄──────────── log, diff, commits ───┤
//!  │ ◄──────────── over ─────────────────┤ how the round ended; the host decides what follows
//! ```
//!
//! Nothing runs twice at once: the worker's agents live on a lease that is shorter than what the host waits before
//! it gives the worker up, and their own gates end them when it has run out, even where the worker is dead.

mod coordinator_client;
mod presence;
mod remote;
mod reporter;
mod state;
mod take;
mod worker;

pub use coordinator_client::CoordinatorClient;
pub use remote::{Options, Remote};
