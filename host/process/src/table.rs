//! The kernel's table of processes, read from `/proc`.
//!
//! Everything read here may be gone the moment after: whoever signals checks again (see `control`).

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// One process at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    pub(crate) session: i32,
    pub(crate) start_ticks: u64,
    /// Its own CPU time and that of the children it has waited for, in clock ticks.
    pub(crate) cpu_ticks: u64,
    /// It has ended and waits to be collected.
    pub(crate) ended: bool,
}

/// The process with this pid, if there is one.
pub(crate) fn entry(pid: i32) -> Option<Entry> {
    parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// All processes that can be seen.
pub(crate) fn snapshot() -> Vec<Entry> {
    let Ok(listing) = fs::read_dir("/proc") else { return Vec::new() };
    listing.filter_map(|item| item.ok()?.file_name().to_str()?.parse().ok()).filter_map(entry).collect()
}

/// Those that can be seen with a pid above `pid`, where they are few: the kernel gives pids in turn, so they are all that
/// were started since. `None` where they are many, or pids began anew.
pub(crate) fn after(pid: i32) -> Option<Vec<Entry>> {
    let last = last_pid(&fs::read_to_string("/proc/loadavg").ok()?)?;
    (pid..=pid.saturating_add(FEW)).contains(&last).then(|| (pid + 1..=last).filter_map(entry).collect())
}

/// Most pids that are looked at one by one.
const FEW: i32 = 256;

/// The pid that was given last: the last word of `/proc/loadavg`.
fn last_pid(loadavg: &str) -> Option<i32> {
    loadavg.split_ascii_whitespace().nth(4)?.parse().ok()
}

/// Which boot of the machine this is.
pub(crate) fn boot_id() -> Option<String> {
    Some(fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned())
}

/// Whether the process was started with `NAME=value` in its environment.
pub(crate) fn has_in_environment(pid: i32, name: &str, value: &str) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { return false };
    environment.split(|byte| *byte == 0).any(|pair| {
        pair.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"=")) == Some(value.as_bytes())
    })
}

/// Whether the process's command line holds these bytes.
pub(crate) fn command_line_has(pid: i32, bytes: &[u8]) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.windows(bytes.len()).any(|window| window == bytes)
}

/// Whether its standard output or error is one of these files.
pub(crate) fn writes_to(pid: i32, files: &[PathBuf]) -> bool {
    !files.is_empty()
        && [1, 2].iter().any(|fd| {
            fs::read_link(format!("/proc/{pid}/fd/{fd}")).is_ok_and(|target| files.contains(&target))
        })
}

/// The pids of `roots` and of all that descend from them.
pub(crate) fn descendants(entries: &[Entry], roots: &[i32]) -> HashSet<i32> {
    let mut found: HashSet<i32> = roots.iter().copied().collect();
    loop {
        let before = found.len();
        found.extend(
            entries
                .iter()
                .filter(|entry| found.contains(&entry.parent))
                .map(|entry| entry.pid)
                .collect::<Vec<_>>(),
        );
        if found.len() == before {
            return found;
        }
    }
}

/// The name of the program may hold spaces and brackets, so fields are counted from the last bracket.
fn parse(stat: &[u8]) -> Option<Entry> {
    let close = stat.iter().rposition(|byte| *byte == b')')?;
    let pid = OsStr::from_bytes(stat.split(|byte| *byte == b' ').next()?).to_str()?.parse().ok()?;
    let fields: Vec<&str> =
        std::str::from_utf8(stat.get(close + 1..)?).ok()?.split_ascii_whitespace().collect();
    // proc(5) counts fields from 1, and the first after the bracket is the third.
    let field = |number: usize| fields.get(number - 3).copied();
    let number = |at: usize| field(at)?.parse::<u64>().ok();
    let id = |at: usize| field(at)?.parse::<i32>().ok();
    Some(Entry {
        pid,
        parent: id(4)?,
        group: id(5)?,
        session: id(6)?,
        start_ticks: number(22)?,
        cpu_ticks: number(14)? + number(15)? + number(16)? + number(17)?,
        ended: matches!(field(3)?, "Z" | "X"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_named_like_fields_is_read_rightly() {
        let stat = b"42 (a) S 1 2) R 7 8 9 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 777 0 0\n";
        let entry = parse(stat).unwrap();
        assert_eq!((entry.pid, entry.parent, entry.group, entry.session), (42, 7, 8, 9));
        assert_eq!((entry.start_ticks, entry.cpu_ticks, entry.ended), (777, 10, false));
    }

    #[test]
    fn last_pid_is_the_fifth_word() {
        assert_eq!(last_pid("0.20 0.18 0.12 1/80 11206\n"), Some(11206));
        assert_eq!(last_pid("0.20 0.18 0.12 1/80\n"), None);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "the test starts a process to find it")]
    fn process_that_was_started_later_is_found_after_this_one() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id() as i32;
        // Where pids began anew, or many were started meanwhile, nothing is said.
        let found = after(pid - 1);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found.is_none_or(|found| found.iter().any(|entry| entry.pid == pid)));
        assert!(after(pid).is_none_or(|found| found.iter().all(|entry| entry.pid > pid)));
    }

    #[test]
    fn this_process_is_in_the_table_with_its_environment() {
        let me = std::process::id() as i32;
        assert!(snapshot().iter().any(|entry| entry.pid == me && !entry.ended));
        let path = std::env::var("PATH").unwrap();
        assert!(has_in_environment(me, "PATH", &path));
        assert!(!has_in_environment(me, "PAT", &path));
        assert!(!has_in_environment(me, "PATH", "elsewhere"));
    }
}
