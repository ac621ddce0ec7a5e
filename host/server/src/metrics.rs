//! Figures in the text format that Prometheus reads: `GET /metrics`.

use jackfield::Host;
use jackfield_plugins::{Counted, Figures, LATENCY_BOUNDS, MemoryUse};
use jackfield_store::{BreakerStatus, LimitStatus, Snapshot};
use jackfield_types::{Micros, PluginRef};
use std::fmt::Write;

/// As Prometheus wants it named.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything that there is to measure, now.
pub(super) fn all(host: &Host, snapshot: &Snapshot) -> String {
    of_work(snapshot)
        + &of_money(&snapshot.breaker)
        + &of_plugins(&host.plugins().figures())
        + &of_memory(&host.plugins().memory())
}

/// Runs by state and attempts by executor.
fn of_work(snapshot: &Snapshot) -> String {
    let (mut text, totals) = (String::new(), &snapshot.totals);
    let runs = [
        ("queued", totals.queued),
        ("running", totals.running),
        ("waiting", totals.waiting),
        ("succeeded", totals.succeeded),
        ("failed", totals.failed),
        ("cancelled", totals.cancelled),
    ];
    head(&mut text, "jackfield_runs", "gauge", "Runs on record, by state.");
    for (state, number) in runs {
        line(&mut text, "jackfield_runs", &format!("state=\"{state}\""), &number.to_string());
    }
    head(&mut text, "jackfield_attempts_running", "gauge", "Attempts that run now, by executor.");
    for (executor, number) in &snapshot.occupancy.executors {
        let label = format!("executor=\"{}\"", escaped(executor));
        line(&mut text, "jackfield_attempts_running", &label, &number.to_string());
    }
    text
}

type OfLimit = (&'static str, &'static str, fn(&LimitStatus) -> Micros);

const LIMITS: [OfLimit; 4] = [
    ("jackfield_limit_dollars", "The amount of a limit, with what an operator added.", |limit| {
        limit.limit.amount + limit.allowance
    }),
    ("jackfield_limit_spent_dollars", "Spent within the period of a limit.", |limit| limit.spent),
    ("jackfield_limit_reserved_dollars", "Reserved for running and queued attempts.", |limit| limit.reserved),
    ("jackfield_limit_left_dollars", "What a limit leaves.", |limit| limit.left),
];

/// How the limits stand.
fn of_money(breaker: &BreakerStatus) -> String {
    let mut text = String::new();
    for (name, help, read) in LIMITS {
        head(&mut text, name, "gauge", help);
        for limit in &breaker.limits {
            let scope = limit.scope.to_string();
            let (period, action) = (limit.limit.period.adjective(), limit.limit.action.as_str());
            let labels = format!("scope=\"{}\",period=\"{period}\",action=\"{action}\"", escaped(&scope));
            line(&mut text, name, &labels, &read(limit).usd().to_string());
        }
    }
    text
}

type OfMemory = (&'static str, &'static str, &'static str, fn(&MemoryUse) -> u64);

const MEMORY: [OfMemory; 4] = [
    (
        "jackfield_plugin_memory_reserved_bytes",
        "gauge",
        "Memory reserved for components at work.",
        |memory| memory.reserved_bytes,
    ),
    (
        "jackfield_plugin_memory_limit_bytes",
        "gauge",
        "Limit of the memory that components share.",
        |memory| memory.limit_bytes,
    ),
    ("jackfield_plugin_memory_waits_total", "counter", "Calls that had to wait for memory.", |memory| {
        memory.waited
    }),
    (
        "jackfield_plugin_memory_refusals_total",
        "counter",
        "Calls and attempts that were refused memory.",
        |memory| memory.refused,
    ),
];

fn of_memory(pools: &[(&'static str, MemoryUse)]) -> String {
    let mut text = String::new();
    for (name, kind, help, read) in MEMORY {
        head(&mut text, name, kind, help);
        for (pool, memory) in pools {
            line(&mut text, name, &format!("pool=\"{pool}\""), &read(memory).to_string());
        }
    }
    text
}

/// One counter or gauge: its name, its type, what it is, and how it is read.
type Family = (&'static str, &'static str, &'static str, fn(&Figures) -> u64);

const FAMILIES: [Family; 3] = [
    ("jackfield_plugin_calls_total", "counter", "Calls that a component was given.", |figures| figures.calls),
    (
        "jackfield_plugin_failed_calls_total",
        "counter",
        "Calls that it failed, for any reason.",
        Figures::failures,
    ),
    ("jackfield_plugin_peak_memory_bytes", "gauge", "The most memory that one call had.", |figures| {
        figures.peak_memory_bytes
    }),
];

fn of_plugins(counted: &[Counted]) -> String {
    let mut text = String::new();
    for (name, kind, help, read) in FAMILIES {
        head(&mut text, name, kind, help);
        for Counted { plugin, figures } in counted {
            line(&mut text, name, &labels(plugin), &read(figures).to_string());
        }
    }
    let name = "jackfield_plugin_failures_total";
    head(&mut text, name, "counter", "Calls that it failed, by reason.");
    for Counted { plugin, figures } in counted {
        let reasons = [
            ("trap", figures.traps),
            ("deadline", figures.deadlines),
            ("limit", figures.limits),
            ("contract", figures.contracts),
        ];
        for (reason, count) in reasons {
            line(&mut text, name, &format!("{},reason=\"{reason}\"", labels(plugin)), &count.to_string());
        }
    }
    let name = "jackfield_plugin_call_seconds";
    head(&mut text, name, "histogram", "How long calls took that were answered.");
    for Counted { plugin, figures } in counted {
        let labels = labels(plugin);
        let bounds = LATENCY_BOUNDS.iter().map(|micros| seconds(*micros)).chain(["+Inf".to_owned()]);
        let mut so_far = 0;
        for (bound, count) in bounds.zip(&figures.buckets) {
            so_far += count;
            line(
                &mut text,
                &format!("{name}_bucket"),
                &format!("{labels},le=\"{bound}\""),
                &so_far.to_string(),
            );
        }
        line(&mut text, &format!("{name}_sum"), &labels, &seconds(figures.micros));
        line(&mut text, &format!("{name}_count"), &labels, &so_far.to_string());
    }
    text
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, labels: &str, value: &str) {
    let _ = writeln!(text, "{name}{{{labels}}} {value}");
}

/// A text as the value of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

fn labels(plugin: &PluginRef) -> String {
    let PluginRef { kind, name, version, digest } = plugin;
    format!("kind=\"{kind}\",name=\"{}\",version=\"{}\",digest=\"{digest}\"", escaped(name), escaped(version))
}

/// Whole microseconds as seconds, without the dust of a float.
fn seconds(micros: u64) -> String {
    let (whole, rest) = (micros / 1_000_000, micros % 1_000_000);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:06}").trim_end_matches('0').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_types::{Digest, PluginKind};

    #[test]
    fn buckets_add_up_and_names_cannot_break_out_of_their_label() {
        let mut buckets = vec![0; LATENCY_BOUNDS.len() + 1];
        (buckets[0], buckets[2], *buckets.last_mut().unwrap()) = (3, 2, 1);
        let figures = Figures { calls: 8, traps: 2, micros: 1_500_001, buckets, ..Figures::default() };
        let (name, version) = ("mine\"\\".to_owned(), "1.0.0".to_owned());
        let plugin = PluginRef { kind: PluginKind::Gate, name, version, digest: Digest::from_bytes([1; 32]) };
        let text = of_plugins(&[Counted { plugin, figures }]);
        let of = |start: &str, end: &str| {
            text.lines().filter(|line| line.starts_with(start) && line.ends_with(end)).count()
        };
        assert_eq!(
            of("jackfield_plugin_calls_total{kind=\"gate\",name=\"mine\\\"\\\\\",", "} 8"),
            1,
            "{text}"
        );
        assert_eq!(of("jackfield_plugin_failures_total{", ",reason=\"trap\"} 2"), 1);
        assert_eq!(of("jackfield_plugin_call_seconds_bucket{", ",le=\"0.00001\"} 3"), 1, "{text}");
        assert_eq!(of("jackfield_plugin_call_seconds_bucket{", ",le=\"0.00005\"} 5"), 1);
        assert_eq!(of("jackfield_plugin_call_seconds_bucket{", ",le=\"+Inf\"} 6"), 1);
        assert_eq!(of("jackfield_plugin_call_seconds_sum{", "} 1.500001"), 1);
        assert_eq!(of("jackfield_plugin_call_seconds_count{", "} 6"), 1);
    }
}
