//! Reconfiguration of a running host: safe settings apply at once, the others after a restart. The changes are
//! recorded in the event log.
//!
//! A running attempt keeps its settings; every later read sees the new ones.

use jackfield_core::secrets::Redaction;
use jackfield_core::settings::Settings;
use jackfield_model::{ConfigChanged, HostEvent, SettingChange};
use jackfield_plugins::Plugins;
use jackfield_runs::scheduling::local_worker::LocalWorker;
use jackfield_runs::scheduling::work::Work;
use jackfield_runs::selection::health_cache::HealthCache;

use jackfield_config::{Config, Key, Step, check, flat, shown};
use jackfield_store::Store;
use jackfield_types::{ErrorCode, Operation, Problem};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Notify;

/// When a changed setting applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    AtOnce,
    /// The host cannot rebuild what depends on it while runs are active.
    Restart,
}

/// Every setting; a star stands for any name. A test rejects a setting that is missing here.
const SETTINGS: &[(&str, When)] = {
    use When::{AtOnce, Restart};
    &[
        ("server.listen", Restart),
        ("server.tls_cert", Restart),
        ("server.tls_key", Restart),
        ("server.plain_http", Restart),
        ("server.names", Restart),
        ("server.drain_s", AtOnce),
        ("server.on_stop", AtOnce),
        ("server.calls_per_s", Restart),
        ("server.calls_at_once", Restart),
        ("server.connections", Restart),
        ("mcp.toolsets", AtOnce),
        ("mcp.on_close", AtOnce),
        ("telemetry.log_format", Restart),
        ("telemetry.otlp_endpoint", Restart),
        ("telemetry.service_name", Restart),
        ("run.max_concurrent", AtOnce),
        ("run.here", AtOnce),
        ("run.timeout_s", AtOnce),
        ("run.idle_s", AtOnce),
        ("run.wait_s", AtOnce),
        ("run.verbosity", AtOnce),
        ("run.grace_s", AtOnce),
        ("run.unattended_s", AtOnce),
        ("run.max_file_mb", AtOnce),
        ("run.max_memory_mb", AtOnce),
        ("run.max_cpus", AtOnce),
        ("run.keep_worktrees", AtOnce),
        ("run.keep_ignored_mb", AtOnce),
        ("run.workspace", AtOnce),
        ("run.roots", AtOnce),
        ("run.gates", AtOnce),
        ("queue.heartbeat_s", AtOnce),
        ("queue.stale_s", AtOnce),
        ("queue.rescue_s", AtOnce),
        ("queue.poll_s", AtOnce),
        ("queue.aging_s", AtOnce),
        ("queue.lost", AtOnce),
        ("queue.most_attempts", AtOnce),
        ("queue.before_consensus", AtOnce),
        ("models.never", AtOnce),
        ("models.allow", AtOnce),
        ("roles.*.tier", AtOnce),
        ("roles.*.executors", AtOnce),
        ("roles.*.models", AtOnce),
        ("ladder", AtOnce),
        ("ladder.*.name", AtOnce),
        ("ladder.*.executor", AtOnce),
        ("ladder.*.model", AtOnce),
        ("ladder.*.tier", AtOnce),
        ("ladder.*.environment.*", AtOnce),
        ("ladder.*.settings.*", AtOnce),
        ("ladder.*.rates", AtOnce),
        ("ladder.*.rates.*", AtOnce),
        ("retention.worktree_hours", AtOnce),
        ("retention.worktree_gb", AtOnce),
        ("retention.log_days", AtOnce),
        ("retention.log_gb", AtOnce),
        ("retention.event_days", AtOnce),
        ("retention.call_days", AtOnce),
        ("retention.audit_days", AtOnce),
        ("retention.every_min", AtOnce),
        ("breaker.day_usd", AtOnce),
        ("breaker.month_usd", AtOnce),
        ("breaker.month_halts", AtOnce),
        ("breaker.reserve_usd", AtOnce),
        ("breaker.unknown_price_usd", AtOnce),
        ("breaker.executor_day_usd.*", AtOnce),
        ("breaker.executor_action", AtOnce),
        ("breaker.workspace_day_usd", AtOnce),
        ("breaker.workspace_action", AtOnce),
        ("breaker.token_day_usd.*", AtOnce),
        ("breaker.token_action", AtOnce),
        ("breaker.write_day_usd", AtOnce),
        ("breaker.task_action", AtOnce),
        ("breaker.task_usd", AtOnce),
        ("breaker.time_zone", Restart),
        ("plugins.folder", Restart),
        ("plugins.chooser", Restart),
        ("plugins.locked", Restart),
        ("plugins.keys", Restart),
        ("plugins.instances", Restart),
        ("plugins.memory_mb", Restart),
        ("plugins.shadow_cpu_percent", AtOnce),
        ("plugins.slowdown", Restart),
        ("plugins.on_failure.*", Restart),
        ("plugins.limits.*.*", Restart),
        ("executors.*.enabled", AtOnce),
        ("executors.*.model", AtOnce),
        ("executors.*.slots", AtOnce),
        ("executors.*.environment.*", AtOnce),
        ("executors.*.settings.*", AtOnce),
        ("executors.*.rates.*.*", AtOnce),
        ("executors.*.reserve_usd", AtOnce),
        ("webhooks.*.url", Restart),
        ("webhooks.*.secret_env", Restart),
        ("webhooks.*.events", Restart),
        ("webhooks.*.retry_s", Restart),
        ("webhooks.*.tries", Restart),
        ("webhooks.*.allow_private", Restart),
        ("workspaces.*.path", AtOnce),
        ("workspaces.*.repo", AtOnce),
        ("workspaces.*.max_concurrent", AtOnce),
        ("workspaces.*.gates", AtOnce),
    ]
};
/// When a section without an entry applies.
const OTHERWISE: When = When::Restart;

/// Replaces the configuration of a running host.
pub(crate) struct Reconfiguration {
    store: Store,
    plugins: Arc<Plugins>,
    health: Arc<HealthCache>,
    work: Work,
    wake: Arc<Notify>,
    settings: Arc<Settings>,
    redaction: Arc<Redaction>,
    local: Arc<LocalWorker>,
}

impl Reconfiguration {
    pub(crate) fn new(runs: &jackfield_runs::Services) -> Self {
        Self {
            store: runs.shared.store.clone(),
            plugins: Arc::clone(&runs.shared.plugins),
            health: Arc::clone(&runs.shared.health),
            work: runs.shared.work,
            wake: Arc::clone(&runs.shared.wake),
            settings: Arc::clone(&runs.settings),
            redaction: Arc::clone(&runs.redaction),
            local: Arc::clone(&runs.local),
        }
    }

    /// Replaces the configuration of the running host. Changes are logged and recorded as the event `config_changed`.
    ///
    /// # Errors
    /// A [`Problem`] if the configuration is invalid; then the old one stays in force.
    pub(super) async fn apply(&self, config: Config) -> Result<ConfigChanged, Problem> {
        let faults: Vec<_> = check(&config).iter().map(ToString::to_string).collect();
        if !faults.is_empty() {
            return Err(Problem::operator(
                ErrorCode::BadConfig,
                faults.join("\n"),
                "the previous configuration stays in effect; fix the file, and check it",
            )
            .with(Operation::CheckConfig));
        }
        let before = self.settings.config();
        let restart = changes(&before, &config).into_iter().filter(|(_, when, _)| *when == When::Restart);
        let restart = restart.map(|(_, _, change)| change).collect();
        let before = self.settings.replace(in_force(config, &before));
        let applied = changes(&before, &self.settings.config());
        self.settle_in(&applied);
        if applied.iter().any(|(key, ..)| key.is_in(&Key::of("grants")))
            && let Err(error) = self.plugins.regrant(self.settings.config().grants.clone()).await
        {
            tracing::error!("the plugin folder was not looked at again for new grants: {error}");
        }
        // The worker record shows the slots that the worker offers.
        let offers = ["run.here", "run.max_concurrent"].map(Key::of);
        if self.work == Work::All && applied.iter().any(|(key, ..)| offers.contains(key)) {
            self.local.begin().await;
        }
        let applied = applied.into_iter().map(|(_, _, change)| change).collect();
        let reconfigured = ConfigChanged { applied, restart };
        self.tell(&reconfigured).await;
        Ok(reconfigured)
    }

    /// Updates what was derived from changed settings.
    fn settle_in(&self, applied: &[(Key, When, SettingChange)]) {
        // New secrets are redacted from now on.
        self.redaction.learn_secrets();
        // A queued run may have a free slot now.
        self.wake.notify_one();
        // Another environment may have another login.
        let executors = applied.iter().filter_map(|(key, ..)| match key.0.as_slice() {
            [Step::Name(section), Step::Name(name), ..] if section == "executors" => Some(name),
            _ => None,
        });
        executors.collect::<BTreeSet<_>>().into_iter().for_each(|name| self.health.forget(name));
    }

    async fn tell(&self, changed: &ConfigChanged) {
        for change in &changed.applied {
            tracing::info!("configuration: {change}");
        }
        for change in &changed.restart {
            tracing::warn!("configuration: {change} needs a restart; until then the old value holds");
        }
        if *changed == ConfigChanged::default() {
            return;
        }
        let event = HostEvent::ConfigChanged(changed.clone());
        // The change is in force: a failed write does not undo it.
        if let Err(error) = self.store.host_log().record("configuration", event).await {
            tracing::error!(%error, "the change of the configuration is not on record");
        }
    }
}

/// The new configuration with the old values of settings that need a restart. A test compares this with the table.
fn in_force(new: Config, old: &Config) -> Config {
    let mut config = new;
    let jackfield_config::ServerSection { drain_s, on_stop, .. } = config.server;
    config.server = jackfield_config::ServerSection { drain_s, on_stop, ..old.server.clone() };
    config.telemetry.clone_from(&old.telemetry);
    config.webhooks.clone_from(&old.webhooks);
    config.breaker.time_zone.clone_from(&old.breaker.time_zone);
    let shadow_cpu_percent = config.plugins.shadow_cpu_percent;
    config.plugins = jackfield_config::PluginsSection { shadow_cpu_percent, ..old.plugins.clone() };
    config
}

fn changes(old: &Config, new: &Config) -> Vec<(Key, When, SettingChange)> {
    let (old, new) = (flat(old), flat(new));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let changed = keys.into_iter().filter(|key| old.get(*key) != new.get(*key));
    let told = changed.map(|key| {
        let (before, now) = (old.get(key), new.get(key));
        let change = SettingChange { key: key.to_string(), old: shown(key, before), new: shown(key, now) };
        (key.clone(), when(key).unwrap_or(OTHERWISE), change)
    });
    // A setting without a value that appears with its section is no change.
    told.filter(|(_, _, change)| change.old != "not set" || change.new != "not set").collect()
}

fn when(key: &Key) -> Option<When> {
    // `grants.KIND.NAME.…`
    if key.is_in(&Key::of("grants")) {
        return Some(When::AtOnce);
    }
    SETTINGS.iter().find(|(pattern, _)| matches(pattern, key)).map(|(_, when)| *when)
}

fn matches(pattern: &str, key: &Key) -> bool {
    let steps: Vec<_> = pattern.split('.').collect();
    let fits = |(step, own): (&&str, &Step)| matches!(own, Step::Name(name) if *step == "*" || step == name);
    steps.len() == key.0.len() && steps.iter().zip(&key.0).all(fits)
}

#[cfg(test)]
mod tests;
