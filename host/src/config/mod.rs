//! What an operator can set, read from `jackfield.toml`, then `JACKFIELD_*`, then flags.
//!
//! Every field has a default, so an empty file is a valid one. An unknown key or a value that
//! cannot be used is an error that names the file and the line, never a silent shrug.

mod load;
mod sections;

pub(crate) use load::default_file;
pub use load::{ConfigError, Layers, load};
pub(crate) use sections::is_secret_name;
pub use sections::{
    BreakerSection, Config, ExecutorSection, FailureModes, KeepSection, LimitsSection, LostPolicy,
    PluginLimits, PluginsSection, QueueSection, RateSection, RungSection, RunSection, ServerSection, TierName,
    WorkspaceSection,
};

/// The commented default, as `jackfield config` prints it. A test holds it against the parser.
pub const DEFAULT_TOML: &str = include_str!("default.toml");
