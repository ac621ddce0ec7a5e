//! What a configuration that was read must be like to be used at all. Everything that is wrong is told,
//! not only the first.

use super::keys::Key;
use super::{Config, ExecutorSection, QueueSection, RateSection, RetentionSection, RungSection};
use jackfield_types::Micros;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;

/// The shipped executors; a test holds this against the components.
pub const SHIPPED_EXECUTORS: [&str; 4] = ["claude", "codex", "gemini", "shell"];
/// The shipped chooser; likewise.
pub const SHIPPED_CHOOSER: &str = "chooser";

/// The name of the shipped gates, and the kinds that they have.
pub const SHIPPED_GATES: (&str, [&str; 7]) = (
    "gates",
    [
        "file_exists",
        "content_check",
        "artifact_exists",
        "metric_threshold",
        "jury_score",
        "changed_paths",
        "command",
    ],
);
/// Longest that an attempt may take: a day, seconds.
const LONGEST: u64 = 24 * 60 * 60;
/// Most megabytes that still are a number of bytes, far beyond any disk.
const MOST_MEGABYTES: u64 = 1 << 40;
/// More than any machine has.
const MOST_CPUS: f64 = 65_536.0;
/// Longest that anything else is waited for: a year, seconds.
const YEAR: u64 = 365 * 24 * 60 * 60;
/// Most calls and connections at once.
const MOST_CALLS: u64 = 1_000_000;
/// Most that a limit may be, a billion dollars.
const MOST_LIMIT: Micros = Micros::dollars(1_000_000_000);
/// Most instances and attempts at once: more is a slip of the finger.
const MOST_AT_ONCE: u64 = 10_000;

/// A setting that cannot be what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which one.
    pub key: Key,
    /// What it is, and what is wrong with that.
    pub said: String,
    /// What it must be.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.said, self.remedy)
    }
}

/// Everything that is wrong, in the order of the sections.
pub fn check(config: &Config) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    faults.server(config);
    faults.telemetry(config);
    faults.run(config);
    faults.queue(&config.queue);
    faults.ladder(config);
    faults.models(config);
    faults.retention(&config.retention);
    faults.breaker(config);
    faults.plugins(config);
    for (name, section) in &config.executors {
        faults.executor(&Key::of("executors").then(name), section);
    }
    faults.workspaces(config);
    faults.webhooks(config);
    faults.0
}

/// Whether a text is `owner/name`, as forges call a repository.
pub fn is_repo(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            && !part.chars().all(|c| c == '.')
    };
    text.split_once('/').is_some_and(|(owner, name)| part(owner) && part(name))
}

struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, key: Key, said: String, remedy: impl Into<String>) {
        self.0.push(Fault { key, said, remedy: remedy.into() });
    }

    /// A number from `least` to `most`.
    fn number(&mut self, key: Key, value: u64, least: u64, most: u64) {
        if value < least {
            self.add(key.clone(), format!("{key} = {value}"), format!("must be at least {least}"));
        } else if value > most {
            self.add(key.clone(), format!("{key} = {value}"), format!("must be at most {most}"));
        }
    }

    fn server(&mut self, config: &Config) {
        let (key, listen) = (Key::of("server.listen"), &config.server.listen);
        match listen.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() || config.server.plain_http || config.server.tls_cert.is_some() => {}
            Ok(_) => self.add(
                key.clone(),
                format!("{key} = {listen:?}"),
                "must be 127.0.0.1 or [::1] and a port, unless tls_cert and tls_key are set, or plain_http = true",
            ),
            Err(_) => self.add(
                key.clone(),
                format!("{key} = {listen:?}"),
                "must be an address and a port, like 127.0.0.1:7700",
            ),
        }
        self.number(Key::of("server.drain_s"), config.server.drain_s, 0, LONGEST);
        let server = &config.server;
        let half = match (&server.tls_cert, &server.tls_key) {
            (Some(_), None) => Some(("server.tls_cert", "server.tls_key")),
            (None, Some(_)) => Some(("server.tls_key", "server.tls_cert")),
            _ => None,
        };
        if let Some((set, missing)) = half {
            self.add(Key::of(set), format!("{set} is set, and {missing} is not"), "set both, or neither");
        }
        self.number(Key::of("server.calls_at_once"), server.calls_at_once as u64, 1, MOST_CALLS);
        self.number(Key::of("server.connections"), server.connections as u64, 1, MOST_CALLS);
    }

    fn webhooks(&mut self, config: &Config) {
        for (name, section) in &config.webhooks {
            let key = Key::of("webhooks").then(name);
            let (at, url) = (key.then("url"), &section.url);
            let schemes: &[&str] =
                if section.allow_private { &["https://", "http://"] } else { &["https://"] };
            if !schemes.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())) {
                let remedy = "must be an https address (http too where allow_private is true)";
                self.add(at.clone(), format!("{at} does not begin with {}", schemes.join(" or ")), remedy);
            }
            self.text(key.then("secret_env"), &section.secret_env);
            self.number(key.then("retry_s"), section.retry_s, 1, LONGEST);
            self.number(key.then("tries"), section.tries.into(), 1, 100);
        }
    }

    fn telemetry(&mut self, config: &Config) {
        let (key, endpoint) = (Key::of("telemetry.otlp_endpoint"), &config.telemetry.otlp_endpoint);
        let good = ["http://", "https://"].iter().any(|scheme| {
            endpoint
                .strip_prefix(scheme)
                .is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
        });
        if !endpoint.is_empty() && !good {
            self.add(
                key.clone(),
                format!("{key} = {endpoint:?}"),
                "must be an address like http://127.0.0.1:4318, or empty",
            );
        }
        self.text(Key::of("telemetry.service_name"), &config.telemetry.service_name);
    }

    fn run(&mut self, config: &Config) {
        let run = &config.run;
        self.number(Key::of("run.max_concurrent"), run.max_concurrent as u64, 1, MOST_AT_ONCE);
        self.number(Key::of("run.timeout_s"), run.timeout_s, 1, LONGEST);
        self.number(Key::of("run.idle_s"), run.idle_s, 1, YEAR);
        self.number(Key::of("run.wait_s"), run.wait_s, 0, YEAR);
        self.number(Key::of("run.grace_s"), run.grace_s, 0, LONGEST);
        self.number(Key::of("run.unattended_s"), run.unattended_s, 5, LONGEST);
        self.number(Key::of("run.max_file_mb"), run.max_file_mb, 1, MOST_MEGABYTES);
        self.number(Key::of("run.max_memory_mb"), run.max_memory_mb, 0, MOST_MEGABYTES);
        if !(0.0..=MOST_CPUS).contains(&run.max_cpus) {
            let said = format!("run.max_cpus = {}: must be between 0 and {MOST_CPUS}", run.max_cpus);
            self.add(
                Key::of("run.max_cpus"),
                said,
                "give the number of CPUs, like 2 or 1.5, or 0 for no limit",
            );
        }
        self.number(Key::of("run.keep_ignored_mb"), run.keep_ignored_mb, 0, MOST_MEGABYTES);
        self.text(Key::of("run.verbosity"), &run.verbosity);
        for root in run.roots.iter().filter(|root| !root.is_absolute()) {
            let said = format!("run.roots has {:?}", root.display().to_string());
            self.add(Key::of("run.roots"), said, "write the whole path, from the root of the file system");
        }
    }

    fn queue(&mut self, queue: &QueueSection) {
        for (name, value) in [
            ("queue.heartbeat_s", queue.heartbeat_s),
            ("queue.poll_s", queue.poll_s),
            ("queue.aging_s", queue.aging_s),
        ] {
            self.number(Key::of(name), value, 1, YEAR);
        }
        for ((name, value), (before, least)) in [
            (("queue.stale_s", queue.stale_s), ("queue.heartbeat_s", queue.heartbeat_s)),
            (("queue.rescue_s", queue.rescue_s), ("queue.stale_s", queue.stale_s)),
        ] {
            if value <= least {
                self.add(
                    Key::of(name),
                    format!("{name} = {value}"),
                    format!("must be more than {before}, which is {least}"),
                );
            } else {
                self.number(Key::of(name), value, 1, YEAR);
            }
        }
        let (most, before) = (u64::from(queue.most_attempts), u64::from(queue.before_consensus));
        self.number(Key::of("queue.before_consensus"), before, 1, MOST_AT_ONCE);
        self.number(Key::of("queue.most_attempts"), most, before.max(1), MOST_AT_ONCE);
    }

    fn ladder(&mut self, config: &Config) {
        let mut seen = BTreeSet::new();
        for (at, rung) in config.ladder.iter().enumerate() {
            let key = Key::of("ladder").at(at);
            self.rung_name(&key.then("name"), rung, config, &mut seen);
            self.text(key.then("executor"), &rung.executor);
            if let Some(model) = &rung.model {
                self.text(key.then("model"), model);
            }
            self.environment(&key.then("environment"), &rung.environment);
        }
    }

    fn rung_name<'a>(
        &mut self,
        key: &Key,
        rung: &'a RungSection,
        config: &Config,
        seen: &mut BTreeSet<&'a str>,
    ) {
        let name = rung.name.as_str();
        let said = format!("{key} = {name:?}");
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(allowed) {
            self.add(key.clone(), said, "a rung is named with a to z, 0 to 9 and -, like deepseek");
        } else if SHIPPED_EXECUTORS.contains(&name) || config.executors.contains_key(name) {
            let remedy = format!("is an executor's own name; call the rung something else, like {name}-rung");
            self.add(key.clone(), said, remedy);
        } else if !seen.insert(name) {
            self.add(key.clone(), said, "is the name of a rung before it; each needs a name of its own");
        }
    }

    /// Patterns that say something, and rungs that could ever be asked.
    fn models(&mut self, config: &Config) {
        let (models, roles) = (Key::of("models"), Key::of("roles"));
        let mut patterns =
            vec![(models.then("never"), &config.models.never), (models.then("allow"), &config.models.allow)];
        for (name, role) in config.roles.all() {
            patterns.push((roles.then(name).then("models"), &role.models));
            patterns.push((roles.then(name).then("executors"), &role.executors));
        }
        for (key, patterns) in patterns {
            if patterns.iter().any(|pattern| pattern.trim().is_empty()) {
                self.add(key.clone(), format!("{key} has an empty entry"), "write a name, or take it away");
            }
        }
        for (at, rung) in config.ladder.iter().enumerate() {
            let forbidden =
                rung.model.as_deref().and_then(|model| Some((model, config.models.forbids(model)?)));
            if let Some((model, pattern)) = forbidden {
                let said =
                    format!("the rung '{}' has the model '{model}', which models.never forbids", rung.name);
                let remedy = format!("take \"{pattern}\" out of models.never, or take the rung away");
                self.add(Key::of("ladder").at(at).then("model"), said, remedy);
            }
        }
        for (name, section) in &config.executors {
            let forbidden =
                section.model.as_deref().and_then(|model| Some((model, config.models.forbids(model)?)));
            if let Some((model, pattern)) = forbidden {
                let key = Key::of("executors").then(name).then("model");
                let remedy = format!("take \"{pattern}\" out of models.never, or name another model");
                self.add(key.clone(), format!("{key} = {model:?}, which models.never forbids"), remedy);
            }
        }
    }

    /// Any of these may be 0; so much that a sum of seconds or bytes runs over is a slip of the finger.
    fn retention(&mut self, retention: &RetentionSection) {
        let days = 100 * 365;
        for (name, value, most) in [
            ("retention.worktree_hours", retention.worktree_hours, 24 * days),
            ("retention.worktree_gb", retention.worktree_gb, MOST_MEGABYTES >> 10),
            ("retention.log_days", retention.log_days, days),
            ("retention.log_gb", retention.log_gb, MOST_MEGABYTES >> 10),
            ("retention.event_days", retention.event_days, days),
            ("retention.call_days", retention.call_days, days),
            ("retention.audit_days", retention.audit_days, days),
            ("retention.every_min", retention.every_min, YEAR / 60),
        ] {
            self.number(Key::of(name), value, 0, most);
        }
    }

    /// An amount of money that is set aside, charged or allowed at once.
    fn amount(&mut self, key: Key, amount: Micros, most: Micros) {
        if amount > most {
            self.add(key.clone(), format!("{key} is {amount}"), format!("must be at most {most}"));
        }
    }

    /// Amounts so large that sums of them would not fit are a slip of the finger.
    fn amounts(&mut self, config: &Config) {
        let (breaker, section) = (&config.breaker, Key::of("breaker"));
        let limits = [
            ("day_usd", Some(breaker.day_usd)),
            ("month_usd", Some(breaker.month_usd)),
            ("workspace_day_usd", breaker.workspace_day_usd),
            ("write_day_usd", breaker.write_day_usd),
            ("task_usd", breaker.task_usd),
        ];
        for (name, amount) in limits {
            self.amount(section.then(name), amount.unwrap_or_default(), MOST_LIMIT);
        }
        for (table, limits) in
            [("executor_day_usd", &breaker.executor_day_usd), ("token_day_usd", &breaker.token_day_usd)]
        {
            for (name, amount) in limits {
                self.amount(section.then(table).then(name), *amount, MOST_LIMIT);
            }
        }
        self.amount(section.then("reserve_usd"), breaker.reserve_usd, Micros::MOST);
        self.amount(section.then("unknown_price_usd"), breaker.unknown_price_usd, Micros::MOST);
        for (name, executor) in &config.executors {
            let key = Key::of("executors").then(name);
            self.amount(key.then("reserve_usd"), executor.reserve_usd.unwrap_or_default(), Micros::MOST);
            for (model, rates) in &executor.rates {
                self.rates(&key.then("rates").then(model), rates);
            }
        }
        for rung in &config.ladder {
            if let Some(rates) = &rung.rates {
                self.rates(&Key::of("ladder").then(&rung.name).then("rates"), rates);
            }
        }
    }

    fn rates(&mut self, key: &Key, rates: &RateSection) {
        let RateSection { input, output, cached_input, cache_write, reasoning, .. } = rates;
        for (name, rate) in [
            ("input", Some(*input)),
            ("output", Some(*output)),
            ("cached_input", *cached_input),
            ("cache_write", *cache_write),
            ("reasoning", *reasoning),
        ] {
            self.amount(key.then(name), rate.unwrap_or_default(), Micros::MOST);
        }
    }

    fn breaker(&mut self, config: &Config) {
        self.amounts(config);
        let zone = &config.breaker.time_zone;
        if jiff::tz::TimeZone::get(zone).is_err() {
            let key = Key::of("breaker.time_zone");
            self.add(
                key.clone(),
                format!("{key} = {zone:?}"),
                "must be an IANA name, like UTC or Europe/Paris",
            );
        }
    }

    fn plugins(&mut self, config: &Config) {
        let plugins = &config.plugins;
        for key in &plugins.keys {
            if let Err(error) = jackfield_plugins::check_public_key(key) {
                let said = format!("plugins.keys: {error}");
                self.add(
                    Key::of("plugins.keys"),
                    said,
                    "list public keys as they were printed when the keys were generated",
                );
            }
        }
        self.number(Key::of("plugins.instances"), u64::from(plugins.instances), 1, MOST_AT_ONCE);
        self.number(Key::of("plugins.memory_mb"), plugins.memory_mb, 1, MOST_MEGABYTES);
        self.number(Key::of("plugins.shadow_cpu_percent"), u64::from(plugins.shadow_cpu_percent), 1, 100);
        self.number(Key::of("plugins.slowdown"), u64::from(plugins.slowdown), 0, 1_000_000);
        for (kind, limits) in [
            ("executor", plugins.limits.executor),
            ("chooser", plugins.limits.chooser),
            ("compressor", plugins.limits.compressor),
            ("judge", plugins.limits.judge),
            ("gate", plugins.limits.gate),
        ] {
            let section = Key::of("plugins.limits").then(kind);
            for (name, value, most) in [
                ("memory_mb", limits.memory_mb, MOST_MEGABYTES),
                ("cpu_ms", limits.cpu_ms, LONGEST * 1_000),
                ("wall_ms", limits.wall_ms, LONGEST * 1_000),
                ("output_kb", limits.output_kb, MOST_MEGABYTES),
                ("host_calls", limits.host_calls.map(u64::from), u64::from(u32::MAX)),
                ("host_mb", limits.host_mb, MOST_MEGABYTES),
            ] {
                if let Some(value) = value {
                    self.number(section.then(name), value, 1, most);
                }
            }
        }
    }

    fn executor(&mut self, key: &Key, section: &ExecutorSection) {
        self.number(key.then("slots"), u64::from(section.slots), 1, MOST_AT_ONCE);
        if let Some(model) = &section.model {
            self.text(key.then("model"), model);
        }
        self.environment(&key.then("environment"), &section.environment);
    }

    fn workspaces(&mut self, config: &Config) {
        let all = Key::of("workspaces");
        let mut repos = BTreeMap::new();
        for (name, section) in &config.workspaces {
            let key = all.then(name);
            if name.is_empty() {
                self.add(key.clone(), "a workspace has no name".to_owned(), "write [workspaces.NAME]");
            }
            if section.path.as_os_str().is_empty() {
                self.add(key.then("path"), format!("{} is empty", key.then("path")), "name a folder");
            }
            if let Some(most) = section.max_concurrent {
                self.number(key.then("max_concurrent"), u64::from(most), 1, MOST_AT_ONCE);
            }
            let Some(repo) = &section.repo else { continue };
            let (key, said) = (key.then("repo"), format!("{} = {repo:?}", key.then("repo")));
            if !is_repo(repo) {
                self.add(key, said, "must be owner/name, like rust-lang/cargo");
            } else if let Some(other) = repos.insert(repo.to_ascii_lowercase(), name) {
                self.add(
                    key,
                    said,
                    format!("is workspaces.{other}'s already; one clone serves a repository"),
                );
            } else if config.workspaces.contains_key(repo) && repo != name {
                self.add(key, said, "is the name of another workspace; rename that");
            }
        }
    }

    fn text(&mut self, key: Key, text: &str) {
        if text.trim().is_empty() {
            self.add(key.clone(), format!("{key} is empty"), "give a name, or take the line away");
        }
    }

    /// What the operating system takes as an environment. Values are not shown.
    fn environment(&mut self, section: &Key, variables: &BTreeMap<String, String>) {
        for (name, value) in variables {
            let key = section.then(name);
            if name.is_empty() || name.contains(['=', '\0']) {
                self.add(key, format!("{section} names {name:?}"), "no variable can be called so");
            } else if value.contains('\0') {
                self.add(key, format!("{section}.{name} holds a NUL character"), "no variable can");
            }
        }
    }
}

#[cfg(test)]
mod tests;
