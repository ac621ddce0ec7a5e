//! What an operator can set, read from `jackfield.toml`, then `JACKFIELD_*`, then flags.
//!
//! Every field has a default, so an empty file is a valid one. An unknown key or a value that
//! cannot be used is an error that names the file and the line, never a silent shrug.

mod check;
mod document;
mod dollars;
mod effective;
mod keys;
mod load;
mod mcp;
mod models;
mod outward;
mod review;
mod secrets;
mod sections;
mod served;
mod server;
mod settings;
mod warn;
mod words;

pub use check::Fault;
pub use check::{SHIPPED_CHOOSER, SHIPPED_EXECUTORS, SHIPPED_GATES, check, is_repo};
pub use effective::{EffectiveKey, effective, effective_keys, without_secrets};
pub use keys::{Key, Step, flat, shown};
pub use load::default_file;
pub use load::{ConfigError, Layers, load};
pub use mcp::{McpSection, OnClose, Toolset};
pub use models::fits;
pub use models::{ModelsSection, RoleSection, RolesSection, TierName};
pub use outward::{LogFormat, TelemetrySection, WebhookSection};
pub use review::{Finding, Review, Severity};
pub use secrets::{is_secret_name, looks_secret};
pub use sections::{
    BreakerSection, Config, ExecutorSection, FailureModes, LimitsSection, LostPolicy, PluginLimits,
    PluginsSection, QueueSection, RateSection, RetentionSection, RunSection, RungSection, WorkspaceSection,
};
pub use served::Served;
pub use server::{OnStop, ServerSection};
pub use settings::settings_of;
pub use words::{plain, suggestion};

/// The commented default, as `jackfield config` prints it. A test holds it against the parser.
pub const DEFAULT_TOML: &str = include_str!("default.toml");
