//! The sections of `jackfield.toml`, one struct each. Units are in the names.

use jackfield_plugins::{FailureMode, Grants};
use jackfield_types::{Micros, Rates};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The whole configuration.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The one port.
    pub server: ServerSection,
    /// How runs are carried out.
    pub run: RunSection,
    /// Money.
    pub breaker: BreakerSection,
    /// The plugin folder and what may come out of it.
    pub plugins: PluginsSection,
    /// Agent programs, by executor name.
    pub executors: BTreeMap<String, ExecutorSection>,
    /// Named workspaces.
    pub workspaces: BTreeMap<String, WorkspaceSection>,
    /// What dropped-in executors may ask for: `executor.NAME = { programs = [], environment = [] }`.
    pub grants: Grants,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSection {
    /// Address and port; loopback only.
    pub listen: String,
}

impl Default for ServerSection {
    fn default() -> Self {
        Self { listen: "127.0.0.1:7700".into() }
    }
}

/// `[run]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunSection {
    /// Attempts at work at once.
    pub max_concurrent: usize,
    /// Wall-clock limit of an attempt, seconds.
    pub timeout_s: u64,
    /// An attempt that writes nothing, uses no CPU and runs no tool for so long is ended, seconds.
    pub idle_s: u64,
    /// How long `execute` waits before it gives a handle back, seconds.
    pub wait_s: u64,
    /// Level of the answer where the caller names none.
    pub verbosity: String,
    /// Between interrupt, TERM and KILL, seconds.
    pub grace_s: u64,
    /// Largest file that an agent may write, megabytes.
    pub max_file_mb: u64,
    /// Whether the worktree of an attempt that changed something is kept on disk (its branch always is).
    pub keep_worktrees: bool,
    /// Workspace where the caller names none.
    pub workspace: Option<PathBuf>,
}

impl Default for RunSection {
    fn default() -> Self {
        Self {
            max_concurrent: 2,
            timeout_s: 180,
            idle_s: 120,
            wait_s: 45,
            verbosity: "mermaid".into(),
            grace_s: 2,
            max_file_mb: 2048,
            keep_worktrees: false,
            workspace: None,
        }
    }
}

/// `[breaker]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerSection {
    /// Spending stops here, dollars a UTC day.
    #[serde(deserialize_with = "dollars")]
    pub day_usd: Micros,
    /// Spending is warned about here, dollars a month.
    #[serde(deserialize_with = "dollars")]
    pub month_usd: Micros,
    /// Set to stop at the monthly limit too.
    pub month_halts: bool,
    /// Set aside for an attempt before it starts, dollars.
    #[serde(deserialize_with = "dollars")]
    pub reserve_usd: Micros,
    /// Charged per million tokens, read or written, where no price is known, dollars.
    #[serde(deserialize_with = "dollars")]
    pub unknown_price_usd: Micros,
    /// Optional limit of each executor, dollars a day.
    #[serde(deserialize_with = "dollars_by_name")]
    pub executor_day_usd: BTreeMap<String, Micros>,
    /// Optional limit of each workspace, dollars a day.
    #[serde(deserialize_with = "some_dollars")]
    pub workspace_day_usd: Option<Micros>,
    /// Optional limit of each task over its life, dollars.
    #[serde(deserialize_with = "some_dollars")]
    pub task_usd: Option<Micros>,
    /// Days and months begin at midnight here (IANA name).
    pub time_zone: String,
}

impl Default for BreakerSection {
    fn default() -> Self {
        Self {
            day_usd: Micros::dollars(20),
            month_usd: Micros::dollars(80),
            month_halts: false,
            reserve_usd: Micros(500_000),
            unknown_price_usd: Micros::dollars(25),
            executor_day_usd: BTreeMap::new(),
            workspace_day_usd: None,
            task_usd: None,
            time_zone: "UTC".into(),
        }
    }
}

/// `[plugins]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PluginsSection {
    /// Watched for `.wasm` files; `plugins` in the data folder where not set.
    pub folder: Option<PathBuf>,
    /// The chooser that serves, by its own name; else the one dropped in last, else the shipped one.
    pub chooser: Option<String>,
    /// Calls at work at once.
    pub instances: u32,
    /// What serves a call whose component failed.
    pub on_failure: FailureModes,
    /// Limits of one call, by kind.
    pub limits: LimitsSection,
}

impl Default for PluginsSection {
    fn default() -> Self {
        Self {
            folder: None,
            chooser: None,
            instances: 64,
            on_failure: FailureModes::default(),
            limits: LimitsSection::default(),
        }
    }
}

/// `[plugins.on_failure]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs)]
pub struct FailureModes {
    pub chooser: FailureMode,
    pub compressor: FailureMode,
}

impl Default for FailureModes {
    fn default() -> Self {
        Self { chooser: FailureMode::Builtin, compressor: FailureMode::Builtin }
    }
}

/// `[plugins.limits.KIND]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs)]
pub struct LimitsSection {
    pub executor: PluginLimits,
    pub chooser: PluginLimits,
    pub compressor: PluginLimits,
}

/// Limits of one call. What is not set takes the kind's own value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PluginLimits {
    /// All memories and tables together, megabytes.
    pub memory_mb: Option<u64>,
    /// Time on the processor, milliseconds.
    pub cpu_ms: Option<u64>,
    /// Time on the clock, milliseconds.
    pub wall_ms: Option<u64>,
    /// What it may answer, kilobytes.
    pub output_kb: Option<u64>,
}

/// `[executors.NAME]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExecutorSection {
    /// Off: never chosen, and refused when asked for.
    pub enabled: bool,
    /// The model where the caller names none.
    pub model: Option<String>,
    /// Attempts of it at work at once.
    pub slots: u32,
    /// Set in the program's environment as written. The place for secrets: no component sees a value.
    pub environment: BTreeMap<String, String>,
    /// Handed to its adapter and recorded, so nothing secret; `jackfield plugin inspect NAME` lists what it knows.
    pub settings: BTreeMap<String, String>,
    /// Prices that win over the adapter's, by model; dollars per million tokens.
    pub rates: BTreeMap<String, RateSection>,
    /// Set aside for an attempt before it starts, where it differs from `[breaker]`, dollars.
    #[serde(deserialize_with = "some_dollars")]
    pub reserve_usd: Option<Micros>,
}

impl Default for ExecutorSection {
    fn default() -> Self {
        Self {
            enabled: true,
            model: None,
            slots: 2,
            environment: BTreeMap::new(),
            settings: BTreeMap::new(),
            rates: BTreeMap::new(),
            reserve_usd: None,
        }
    }
}

/// Whether a variable of this name most likely holds a secret, as such names go.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSPHRASE", "CREDENTIALS"].iter().any(|end| name.ends_with(end))
}

/// `[executors.NAME.rates.MODEL]`, dollars per million tokens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RateSection {
    #[serde(deserialize_with = "dollars")]
    pub input: Micros,
    #[serde(deserialize_with = "dollars")]
    pub output: Micros,
    #[serde(default, deserialize_with = "some_dollars")]
    pub cached_input: Option<Micros>,
    #[serde(default, deserialize_with = "some_dollars")]
    pub cache_write: Option<Micros>,
    #[serde(default, deserialize_with = "some_dollars")]
    pub reasoning: Option<Micros>,
    #[serde(default)]
    pub as_of: String,
}

impl From<&RateSection> for Rates {
    fn from(section: &RateSection) -> Self {
        Self {
            input: section.input,
            cached_input: section.cached_input,
            cache_write: section.cache_write,
            output: section.output,
            reasoning: section.reasoning,
            as_of: section.as_of.clone(),
        }
    }
}

/// `[workspaces.NAME]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceSection {
    /// A git repository or a folder.
    pub path: PathBuf,
}

/// Dollars as written by a person: `20`, `0.5` or `"0.50"`. Never negative.
struct Dollars(Micros);

impl<'de> Deserialize<'de> for Dollars {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Whole(i64),
            Decimal(f64),
            Text(String),
        }
        let text = match Written::deserialize(from)? {
            Written::Whole(dollars) => dollars.to_string(),
            Written::Decimal(dollars) => format!("{dollars}"),
            Written::Text(text) => text,
        };
        text.parse().map(Dollars).map_err(serde::de::Error::custom)
    }
}

fn dollars<'de, D: Deserializer<'de>>(from: D) -> Result<Micros, D::Error> {
    Dollars::deserialize(from).map(|amount| amount.0)
}

fn some_dollars<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Micros>, D::Error> {
    Option::<Dollars>::deserialize(from).map(|amount| amount.map(|amount| amount.0))
}

fn dollars_by_name<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Micros>, D::Error> {
    let amounts = BTreeMap::<String, Dollars>::deserialize(from)?;
    Ok(amounts.into_iter().map(|(name, amount)| (name, amount.0)).collect())
}
