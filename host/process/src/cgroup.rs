//! Control groups: the kernel's limits on the memory and the CPU of a whole tree of processes.
//!
//! A group for each agent is made below the one that this process is in, where that is allowed: as root, or in a
//! subtree that a service manager delegated. Both versions are used, whichever has the controllers. Elsewhere
//! there are only the limits of single processes, which the gate sets.

use crate::TreeLimits;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const ROOT: &str = "/sys/fs/cgroup";
/// What the groups of agents are called, before their tag.
const PREFIX: &str = "jackfield-";
/// The group of a server whose unit says `DelegateSubgroup=`: agents' groups go beside it, as the kernel allows
/// controllers only below groups without processes of their own.
const SERVER: &str = "server";
/// Length of the periods in which CPU time is counted, microseconds.
const PERIOD: u64 = 100_000;
/// An empty group that is so old was left by a host which is gone.
const OLD: Duration = Duration::from_secs(3600);

/// Where groups may be made, by controller.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cgroups {
    memory: Option<Parent>,
    cpu: Option<Parent>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parent {
    folder: PathBuf,
    unified: bool,
}

impl Cgroups {
    /// Candidates, by what the kernel says of this process. Whether they may be used is tried by the caller.
    pub(crate) fn detect() -> Self {
        Self::read(&fs::read_to_string("/proc/self/cgroup").unwrap_or_default(), Path::new(ROOT))
    }

    fn read(membership: &str, root: &Path) -> Self {
        let mut found = Self::default();
        for line in membership.lines() {
            let mut fields = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
            let path = path.trim_start_matches('/');
            if controllers.is_empty() {
                let mounts = [root.to_owned(), root.join("unified")];
                let mounted = mounts.iter().find(|mount| mount.join("cgroup.controllers").is_file());
                if let Some(mount) = mounted {
                    found.take_unified(&mount.join(path));
                }
                continue;
            }
            let parent = || Parent { folder: root.join(controllers).join(path), unified: false };
            for controller in controllers.split(',') {
                match controller {
                    "memory" => found.memory = Some(parent()),
                    "cpu" => found.cpu = Some(parent()),
                    _ => {}
                }
            }
        }
        found
    }

    fn take_unified(&mut self, own: &Path) {
        let beside = own.file_name().is_some_and(|name| name == SERVER);
        let folder = if beside { own.parent().unwrap_or(own) } else { own };
        let there = fs::read_to_string(folder.join("cgroup.controllers")).unwrap_or_default();
        let parent = Parent { folder: folder.to_owned(), unified: true };
        for (controller, slot) in [("memory", &mut self.memory), ("cpu", &mut self.cpu)] {
            let enabled = there.split_whitespace().any(|name| name == controller)
                && fs::write(folder.join("cgroup.subtree_control"), format!("+{controller}")).is_ok();
            if enabled {
                *slot = Some(parent.clone());
            }
        }
    }

    /// The parents, each once.
    fn parents(&self) -> Vec<&Parent> {
        let mut parents: Vec<_> = self.memory.iter().chain(&self.cpu).collect();
        parents.dedup();
        parents
    }

    /// A group to try in each parent in which one can be made. Parents in which none can be made are left out.
    pub(crate) fn probes(&mut self) -> Vec<Probe> {
        let mut probes = Vec::new();
        for parent in self.parents().into_iter().cloned().collect::<Vec<_>>() {
            match Group::make(&parent, &format!("probe-{}", std::process::id())) {
                Ok(group) => probes.push(Probe { parent, group }),
                Err(_) => self.leave_out(&parent),
            }
        }
        probes
    }

    /// Takes over whether a process could be put into the group.
    pub(crate) fn tried(&mut self, probe: Probe, works: bool) {
        if works {
            sweep(&probe.parent.folder);
        } else {
            self.leave_out(&probe.parent);
        }
    }

    fn leave_out(&mut self, parent: &Parent) {
        for slot in [&mut self.memory, &mut self.cpu] {
            if slot.as_ref() == Some(parent) {
                *slot = None;
            }
        }
    }

    /// Whether a limit on memory holds for a whole tree here.
    pub(crate) fn limits_memory(&self) -> bool {
        self.memory.is_some()
    }

    /// Whether a limit on CPUs holds for a whole tree here.
    pub(crate) fn limits_cpu(&self) -> bool {
        self.cpu.is_some()
    }

    /// Makes the groups for one agent, with its limits set. None where nothing is limited.
    pub(crate) fn make(&self, tag: &str, limits: &TreeLimits) -> io::Result<Groups> {
        let mut groups = Groups::default();
        let memory = limits.memory.zip(self.memory.as_ref());
        let cpus = limits.cpus.zip(self.cpu.as_ref());
        for parent in self.parents() {
            let memory = memory.filter(|(_, of)| *of == parent).map(|(bytes, _)| bytes);
            let cpus = cpus.filter(|(_, of)| *of == parent).map(|(cpus, _)| cpus);
            if memory.is_none() && cpus.is_none() {
                continue;
            }
            let group = Group::make(parent, tag)?;
            let folder = group.0.clone();
            groups.0.push(group);
            if let Some(bytes) = memory {
                set_memory(&folder, parent.unified, bytes)?;
            }
            if let Some(cpus) = cpus {
                set_cpus(&folder, parent.unified, cpus)?;
            }
        }
        Ok(groups)
    }
}

fn set_memory(folder: &Path, unified: bool, bytes: u64) -> io::Result<()> {
    let bytes = bytes.to_string();
    if unified {
        fs::write(folder.join("memory.max"), &bytes)?;
        // Without it the limit would only be felt once all swap is full. Not there where swap is not counted.
        let _ = fs::write(folder.join("memory.swap.max"), "0");
        return Ok(());
    }
    fs::write(folder.join("memory.limit_in_bytes"), &bytes)?;
    let _ = fs::write(folder.join("memory.memsw.limit_in_bytes"), &bytes);
    Ok(())
}

fn set_cpus(folder: &Path, unified: bool, cpus: f64) -> io::Result<()> {
    let quota = ((cpus * PERIOD as f64) as u64).max(1_000);
    if unified {
        return fs::write(folder.join("cpu.max"), format!("{quota} {PERIOD}"));
    }
    fs::write(folder.join("cpu.cfs_period_us"), PERIOD.to_string())?;
    fs::write(folder.join("cpu.cfs_quota_us"), quota.to_string())
}

fn procs(folder: &Path) -> PathBuf {
    folder.join("cgroup.procs")
}

/// Removes old and empty groups. One with a process in it cannot be removed.
fn sweep(parent: &Path) {
    for item in fs::read_dir(parent).into_iter().flatten().flatten() {
        let ours = item.file_name().to_string_lossy().starts_with(PREFIX);
        let made = item.metadata().and_then(|data| data.modified()).unwrap_or_else(|_| SystemTime::now());
        if ours && made.elapsed().is_ok_and(|age| age >= OLD) {
            let _ = fs::remove_dir(item.path());
        }
    }
}

/// A group that goes when nobody needs it.
#[derive(Debug)]
struct Group(PathBuf);

impl Group {
    fn make(parent: &Parent, tag: &str) -> io::Result<Self> {
        let folder = parent.folder.join(format!("{PREFIX}{tag}"));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(Self(folder)),
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// A group that is there to find out whether processes can be put into it.
#[derive(Debug)]
pub(crate) struct Probe {
    parent: Parent,
    group: Group,
}

impl Probe {
    /// The file by which a process puts itself into it.
    pub(crate) fn door(&self) -> PathBuf {
        procs(&self.group.0)
    }
}

/// The groups of one agent that does not exist yet. They go with it, unless they are kept.
#[derive(Debug, Default)]
pub(crate) struct Groups(Vec<Group>);

impl Groups {
    /// Their folders.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        self.0.iter().map(|group| group.0.clone()).collect()
    }

    /// The files by which a process puts itself into them.
    pub(crate) fn doors(&self) -> Vec<PathBuf> {
        self.0.iter().map(|group| procs(&group.0)).collect()
    }

    /// From now on [`remove`] removes them.
    pub(crate) fn keep(self) {
        self.0.into_iter().for_each(std::mem::forget);
    }
}

/// Whether the kernel killed a process of one of these groups because its memory was used up.
pub(crate) fn ran_out_of_memory(folders: &[PathBuf]) -> bool {
    let counts = |file: PathBuf| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        count.and_then(|count| count.trim().parse::<u64>().ok()).is_some_and(|count| count > 0)
    };
    folders
        .iter()
        .any(|folder| counts(folder.join("memory.events")) || counts(folder.join("memory.oom_control")))
}

/// Removes the groups of an agent that is gone. The kernel may need a moment to see that they are empty.
pub(crate) async fn remove(folders: &[PathBuf]) {
    for folder in folders {
        for _ in 0..50 {
            match fs::remove_dir(folder) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    tokio::time::sleep(Duration::from_millis(4)).await;
                }
                _ => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controllers_of_the_first_version_are_found_by_their_mounts() {
        let found = Cgroups::read("4:memory:/a/b\n3:cpu,cpuacct:/\n0::/\n", Path::new("/nowhere"));
        let parent = |folder: &str| Some(Parent { folder: folder.into(), unified: false });
        assert_eq!(found.memory, parent("/nowhere/memory/a/b"));
        assert_eq!(found.cpu, parent("/nowhere/cpu,cpuacct/"));
    }

    #[test]
    fn groups_of_a_delegated_unit_are_made_beside_the_server() {
        let root = tempfile::tempdir().unwrap();
        let unit = root.path().join("system.slice/jackfield.service");
        fs::create_dir_all(unit.join(SERVER)).unwrap();
        for folder in [root.path(), &unit, &unit.join(SERVER)] {
            fs::write(folder.join("cgroup.controllers"), "cpu memory pids\n").unwrap();
        }
        let found = Cgroups::read("0::/system.slice/jackfield.service/server\n", root.path());
        let parent = Some(Parent { folder: unit.clone(), unified: true });
        assert_eq!((&found.memory, &found.cpu), (&parent, &parent));
        let limits = TreeLimits { memory: Some(1 << 30), cpus: Some(1.5) };
        let groups = found.make("tag", &limits).unwrap();
        let group = unit.join("jackfield-tag");
        assert_eq!(groups.folders(), std::slice::from_ref(&group));
        let read = |file: &str| fs::read_to_string(group.join(file)).unwrap();
        assert_eq!((read("memory.max"), read("cpu.max")), ("1073741824".into(), "150000 100000".into()));
    }
}
