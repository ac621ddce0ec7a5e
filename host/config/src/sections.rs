//! The sections of `jackfield.toml`, one struct each. Units are in the names.

use super::dollars::{dollars, dollars_by_name, some_dollars};
use super::mcp::McpSection;
use super::models::{ModelsSection, RolesSection, TierName};
use super::outward::{TelemetrySection, WebhookSection};
use super::server::ServerSection;
use jackfield_api::Gate;
use jackfield_plugins::{FailureMode, Grants};
use jackfield_store::Action;
use jackfield_types::{Micros, Rates};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The whole configuration.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The one port.
    pub server: ServerSection,
    /// What MCP clients are given where they say nothing themselves.
    pub mcp: McpSection,
    /// What it tells about itself while it runs.
    pub telemetry: TelemetrySection,
    /// How runs are carried out.
    pub run: RunSection,
    /// What waits, who takes it, and what becomes of work whose worker is gone.
    pub queue: QueueSection,
    /// Which models may be asked.
    pub models: ModelsSection,
    /// What work of a role is done with.
    pub roles: RolesSection,
    /// Who is asked next when work was not good enough, lowest rung first. Empty: by tier.
    pub ladder: Vec<RungSection>,
    /// How long what runs leave behind is kept.
    pub retention: RetentionSection,
    /// Money.
    pub breaker: BreakerSection,
    /// The plugin folder and what may come out of it.
    pub plugins: PluginsSection,
    /// Agent programs, by executor name.
    pub executors: BTreeMap<String, ExecutorSection>,
    /// Named workspaces.
    pub workspaces: BTreeMap<String, WorkspaceSection>,
    /// Who is told of what happens, by name.
    pub webhooks: BTreeMap<String, WebhookSection>,
    /// What dropped-in executors may ask for: `executor.NAME = { programs = [], environment = [], imports = [] }`.
    pub grants: Grants,
}

/// `[run]`
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunSection {
    /// Attempts at work at once.
    pub max_concurrent: usize,
    /// Whether this host carries out work itself; if not, it only hands it to workers elsewhere.
    pub here: bool,
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
    /// How long an agent goes on while no host watches it, because that host died or was stopped, seconds. Never
    /// past its own time limit.
    pub unattended_s: u64,
    /// Largest file that an agent may write, megabytes.
    pub max_file_mb: u64,
    /// Memory that all processes of an agent may use together, megabytes; 0: no limit.
    pub max_memory_mb: u64,
    /// CPUs that all processes of an agent may keep busy; 0: no limit.
    pub max_cpus: f64,
    /// Whether the worktree of an attempt that changed something is kept on disk (its branch always is).
    pub keep_worktrees: bool,
    /// Files of an attempt that git ignores are kept beside its log up to so much, megabytes.
    pub keep_ignored_mb: u64,
    /// Workspace where the caller names none.
    pub workspace: Option<PathBuf>,
    /// Folders in which a caller may name a repository or folder by its path, besides the configured workspaces;
    /// anywhere if there are none.
    pub roots: Vec<PathBuf>,
    /// What every task must keep besides: `{ kind = "content_check", config = {} }`.
    pub gates: Vec<Gate>,
}

impl Default for RunSection {
    fn default() -> Self {
        Self {
            max_concurrent: 2,
            here: true,
            timeout_s: 180,
            idle_s: 120,
            wait_s: 45,
            verbosity: "mermaid".into(),
            grace_s: 2,
            unattended_s: 120,
            max_file_mb: 2048,
            max_memory_mb: 0,
            max_cpus: 0.0,
            keep_worktrees: false,
            keep_ignored_mb: 100,
            workspace: None,
            roots: Vec::new(),
            gates: Vec::new(),
        }
    }
}

/// `[queue]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueSection {
    /// A worker says that it lives, every so many seconds.
    pub heartbeat_s: u64,
    /// A worker that was not heard of for so long is shown as stale, seconds.
    pub stale_s: u64,
    /// A worker that was not heard of for so long is given up, and its runs are rescued, seconds.
    pub rescue_s: u64,
    /// How often work is looked for where nobody tells of it, seconds.
    pub poll_s: u64,
    /// A run that has waited so long counts as one priority higher, and so on, seconds.
    pub aging_s: u64,
    /// What becomes of a run whose agent was lost with its host.
    pub lost: LostPolicy,
    /// Attempts that a run may have in all, whatever the chooser says.
    pub most_attempts: u32,
    /// Attempts one after the other before several agents are asked at once.
    pub before_consensus: u32,
}

impl Default for QueueSection {
    fn default() -> Self {
        Self {
            heartbeat_s: 15,
            stale_s: 60,
            rescue_s: 300,
            poll_s: 5,
            aging_s: 300,
            lost: LostPolicy::Requeue,
            most_attempts: 5,
            before_consensus: 3,
        }
    }
}

/// What becomes of a run whose agent was lost with its host. One that was taken over is never tried
/// again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LostPolicy {
    /// The same is tried once more.
    Requeue,
    /// It has failed.
    Fail,
}

/// `[[ladder]]`: an executor with a model and an environment of its own, so that one program can stand
/// on several rungs (Claude Code pointed at another provider's endpoint).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RungSection {
    /// What it is called in records, limits and cool-downs.
    pub name: String,
    /// Whose adapter drives it.
    pub executor: String,
    /// The model; the executor's own where not set.
    #[serde(default)]
    pub model: Option<String>,
    /// How strong it is; the adapter's word where not set.
    #[serde(default)]
    pub tier: Option<TierName>,
    /// On top of the executor's own environment. The place for secrets: no component sees a value.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// On top of the executor's own settings.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Its price; the executor's where not set. Dollars per million tokens.
    #[serde(default)]
    pub rates: Option<RateSection>,
}

/// `[retention]`: by age and by size, whichever comes first. Branches and the ledger are always kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSection {
    /// Worktrees that were kept (`run.keep_worktrees`), hours after their attempt.
    pub worktree_hours: u64,
    /// All worktrees together, gigabytes; the oldest go first.
    pub worktree_gb: u64,
    /// Logs and diffs of runs that have ended, days.
    pub log_days: u64,
    /// All logs and diffs together, gigabytes; the oldest go first.
    pub log_gb: u64,
    /// Events of runs that have ended, days.
    pub event_days: u64,
    /// What components were asked and answered, days.
    pub call_days: u64,
    /// Who asked what through the port, days; 0: it is not written down.
    pub audit_days: u64,
    /// How often expired data is deleted, minutes; 0: only on request.
    pub every_min: u64,
}

impl Default for RetentionSection {
    fn default() -> Self {
        Self {
            worktree_hours: 72,
            worktree_gb: 20,
            log_days: 30,
            log_gb: 10,
            event_days: 90,
            call_days: 90,
            audit_days: 365,
            every_min: 30,
        }
    }
}

/// `[breaker]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
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
    /// What happens at the limit of an executor: `halt` or `alert`.
    pub executor_action: Action,
    /// Optional limit of each workspace, dollars a day.
    #[serde(deserialize_with = "some_dollars")]
    pub workspace_day_usd: Option<Micros>,
    /// What happens at the limit of a workspace.
    pub workspace_action: Action,
    /// Optional limit of what each token hands in, by its name, dollars a day.
    #[serde(deserialize_with = "dollars_by_name")]
    pub token_day_usd: BTreeMap<String, Micros>,
    /// What happens at the limit of a token.
    pub token_action: Action,
    /// What a token without the scope admin may write down of work done elsewhere, dollars a day; a
    /// quarter of `day_usd` where not set.
    #[serde(deserialize_with = "some_dollars")]
    pub write_day_usd: Option<Micros>,
    /// Optional limit of each task over its life, dollars.
    #[serde(deserialize_with = "some_dollars")]
    pub task_usd: Option<Micros>,
    /// What happens at the limit of a task.
    pub task_action: Action,
    /// Days and months begin at midnight here (IANA name).
    pub time_zone: String,
}

impl BreakerSection {
    /// What a token without the scope admin may write down a day.
    pub fn writes(&self) -> Micros {
        self.write_day_usd.unwrap_or(Micros(self.day_usd.0 / 4))
    }
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
            executor_action: Action::Halt,
            workspace_day_usd: None,
            workspace_action: Action::Halt,
            token_day_usd: BTreeMap::new(),
            token_action: Action::Halt,
            write_day_usd: None,
            task_usd: None,
            task_action: Action::Halt,
            time_zone: "UTC".into(),
        }
    }
}

/// `[plugins]`
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PluginsSection {
    /// Watched for `.wasm` files; `plugins` in the data folder where not set.
    pub folder: Option<PathBuf>,
    /// The chooser that serves, by its own name; else the one dropped in last, else the shipped one.
    pub chooser: Option<String>,
    /// Nothing serves but what `plugins.lock` in the data folder has.
    pub locked: bool,
    /// Where any are listed, what is dropped in must be signed by one of them.
    pub keys: Vec<String>,
    /// Calls at work at once.
    pub instances: u32,
    /// Memory that all components at work may have together, megabytes: half of it calls, half of it attempts.
    pub memory_mb: u64,
    /// What serves a call whose component failed.
    pub on_failure: FailureModes,
    /// Limits of one call, by kind.
    pub limits: LimitsSection,
    /// How much of one processor components that are asked on the side may use, percent.
    pub shadow_cpu_percent: u32,
    /// How many times as slow as the version before it a new one may be; 0: however slow.
    pub slowdown: u32,
}

impl Default for PluginsSection {
    fn default() -> Self {
        Self {
            folder: None,
            chooser: None,
            locked: false,
            keys: Vec::new(),
            instances: 64,
            memory_mb: 1024,
            on_failure: FailureModes::default(),
            limits: LimitsSection::default(),
            shadow_cpu_percent: 10,
            slowdown: 10,
        }
    }
}

/// `[plugins.on_failure]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs)]
pub struct FailureModes {
    pub chooser: FailureMode,
    pub compressor: FailureMode,
    pub judge: FailureMode,
    pub gate: FailureMode,
}

impl Default for FailureModes {
    fn default() -> Self {
        Self {
            chooser: FailureMode::Builtin,
            compressor: FailureMode::Builtin,
            judge: FailureMode::Builtin,
            gate: FailureMode::Builtin,
        }
    }
}

/// `[plugins.limits.KIND]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs)]
pub struct LimitsSection {
    pub executor: PluginLimits,
    pub chooser: PluginLimits,
    pub compressor: PluginLimits,
    pub judge: PluginLimits,
    pub gate: PluginLimits,
}

/// Limits of one call. What is not set takes the kind's own value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
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
    /// How often a gate may ask for evidence.
    pub host_calls: Option<u32>,
    /// Evidence that it may be given, megabytes.
    pub host_mb: Option<u64>,
}

/// `[executors.NAME]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
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

/// `[executors.NAME.rates.MODEL]`, dollars per million tokens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceSection {
    /// A git repository or a folder.
    pub path: PathBuf,
    /// `owner/name`, by which it can be asked for too.
    #[serde(default)]
    pub repo: Option<String>,
    /// Attempts at work in it at once.
    #[serde(default)]
    pub max_concurrent: Option<u32>,
    /// What every task in it must keep besides.
    #[serde(default)]
    pub gates: Vec<Gate>,
}
