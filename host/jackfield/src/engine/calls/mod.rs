//! The calls of the handles: what embedders and interfaces ask of a host. Each checks what its caller may do, and
//! hands on to the services.

pub(super) mod answer;
pub(super) mod audit;
pub(super) mod backup;
pub(super) mod budget;
pub(super) mod explain;
pub(super) mod external;
pub(super) mod feed;
pub(super) mod human_tasks;
pub(super) mod leased_runs;
pub(super) mod own_workers;
pub(super) mod plugin_admin;
pub(super) mod remote_workers;
pub(super) mod replay;
pub(super) mod retention;
pub(super) mod runs;
pub(super) mod secrets;
pub(super) mod shadows;
pub(super) mod status;
pub(super) mod texts;
pub(super) mod tokens;
pub(super) mod webhooks;
pub(super) mod workers;
pub(super) mod workflow;
