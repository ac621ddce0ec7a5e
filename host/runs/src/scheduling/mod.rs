//! Scheduling: the queue, the worker of this host that claims from it, recovery, cancellation and shutdown.

pub mod backlog;
pub mod cancel;
pub mod local_worker;
pub mod recover;
pub mod shutdown;
pub mod work;
pub mod worker;
