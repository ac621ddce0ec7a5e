//! The life of a run in the records: admitted, started, charged, settled.
//!
//! Each step is one transaction, and takes the money with it.

mod admit;
pub(crate) mod attempt_account;
mod charge;
pub(crate) mod events;
mod external;
mod fence;
mod refusal;
mod settle;
mod start;
pub(crate) mod states;
mod task;
pub(crate) mod task_state;
mod then;

pub use admit::{Admission, Admitted, Retried, Retry, RunOfTask};
pub(crate) use admit::{Beside, add_task, admit_run, known_task, queue_again};
pub use external::{ExternalAttempt, Logged, WriteBound};
pub(crate) use fence::Fence;
pub use settle::Settling;
pub use start::Started;
pub use task::{Closed, Closing, Opened};
