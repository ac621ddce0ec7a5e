//! Identities of host processes: pid, start and boot.

/// Names this process by pid, start and boot, so that a later process can check whether it still runs.
pub fn host_instance() -> String {
    Instance::current()
        .map_or_else(|| format!("{}-0-unknown", std::process::id()), |instance| instance.to_string())
}

/// A process identity that a reused pid does not match.
#[derive(Debug, PartialEq, Eq)]
pub struct Instance {
    pid: u32,
    start_ticks: u64,
    boot: String,
}

impl std::fmt::Display for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.pid, self.start_ticks, self.boot)
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
        Some(Self { pid, start_ticks, boot })
    }

    /// Whether the process of that name still runs.
    pub fn lives(name: &str) -> bool {
        let pid = name.split('-').next().and_then(|pid| pid.parse().ok());
        pid.and_then(Self::of).is_some_and(|instance| instance.to_string() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_recognises_itself_and_no_other_process_with_its_pid() {
        let own = host_instance();
        assert!(Instance::lives(&own));
        let instance = Instance::current().unwrap();
        let earlier = Instance { start_ticks: instance.start_ticks - 1, ..instance };
        assert!(!Instance::lives(&earlier.to_string()), "another process had this pid");
        assert!(!Instance::lives("nonsense"));
    }
}
