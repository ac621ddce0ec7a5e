//! Identities of host processes: pid, start, boot and machine.

use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// Names this process, so that a later process can check whether it still runs.
pub fn host_instance() -> String {
    Instance::current().map_or_else(
        || format!("{}-0-unknown@{}", std::process::id(), machine()),
        |instance| instance.to_string(),
    )
}

/// A name for what this process shares its process ids with: the machine, and the PID namespace of a container. The
/// machine id itself is nobody else's business, so only a digest of it is shown.
pub fn machine() -> &'static str {
    static MACHINE: OnceLock<String> = OnceLock::new();
    MACHINE.get_or_init(|| {
        let read = |path| std::fs::read_to_string(path).ok().filter(|id: &String| !id.trim().is_empty());
        let id = read("/etc/machine-id").or_else(|| read("/var/lib/dbus/machine-id"));
        let id = id.unwrap_or_else(jackfield_files::hostname);
        let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let digest = Sha256::digest(format!("jackfield {} {}", id.trim(), namespace.display()));
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    })
}

/// Whether a host process still runs, as far as it can be known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It runs on this machine; it may be suspended.
    Runs,
    /// It ran on this machine, and has ended.
    Gone,
    /// It is on another machine, where its process id means nothing here: only its lease says whether it works.
    Elsewhere,
}

/// A process identity that a reused pid does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pid: u32,
    start_ticks: u64,
    boot: String,
    machine: String,
}

impl std::fmt::Display for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}@{}", self.pid, self.start_ticks, self.boot, self.machine)
    }
}

impl Instance {
    fn current() -> Option<Self> {
        Self::of(std::process::id())
    }

    fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field may contain spaces and brackets; the fields after its last bracket do not.
        let start_ticks = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        Some(Self { pid, start_ticks, boot, machine: machine().to_owned() })
    }

    /// Whether the process of that name still runs. A name without a machine was given before machines had names, on
    /// this one.
    pub fn presence(name: &str) -> Presence {
        let (process, on) = name.split_once('@').unwrap_or((name, machine()));
        if on != machine() {
            return Presence::Elsewhere;
        }
        let pid = process.split('-').next().and_then(|pid| pid.parse().ok());
        let instance = pid.and_then(Self::of).map(|instance| format!("{instance}"));
        let runs = instance.is_some_and(|instance| instance.split('@').next() == Some(process));
        if runs { Presence::Runs } else { Presence::Gone }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_recognises_itself_and_no_other_process_with_its_pid() {
        let own = host_instance();
        assert_eq!(Instance::presence(&own), Presence::Runs);
        let instance = Instance::current().unwrap();
        let earlier = Instance { start_ticks: instance.start_ticks - 1, ..instance };
        assert_eq!(Instance::presence(&earlier.to_string()), Presence::Gone, "another process had this pid");
        assert_eq!(Instance::presence("nonsense"), Presence::Gone);
    }

    #[test]
    fn process_of_another_machine_is_elsewhere_whatever_has_its_pid_here() {
        let instance = Instance { machine: "another".to_owned(), ..Instance::current().unwrap() };
        assert_eq!(Instance::presence(&instance.to_string()), Presence::Elsewhere);
    }

    #[test]
    fn name_without_a_machine_is_of_this_one() {
        let own = host_instance();
        let process = own.split('@').next().unwrap();
        assert_eq!(Instance::presence(process), Presence::Runs);
    }
}
