//! Finding and ending everything that belongs to an agent, its leader gone or not.

use crate::control;
use crate::identity::Identity;
use crate::table::{self, Entry};
use crate::{ProcessError, TAG_VARIABLE};
use rustix::process::Signal;
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// By what the processes of one agent are known.
#[derive(Debug, Clone)]
pub(crate) struct Marks {
    /// The leader with its start time: its descendants, group and session belong, and nothing that is older
    /// does, whatever else it carries. `None`: it was of another boot, which nothing outlives.
    leader: Option<(i32, u64)>,
    /// In the environment of each.
    tag: (&'static str, String),
    /// Whoever has one of them as standard output or error belongs.
    files: Vec<PathBuf>,
    /// Seen to belong at an earlier look, and remembered: it may have lost its parent since.
    kin: Vec<(i32, u64)>,
}

impl From<&Identity> for Marks {
    fn from(identity: &Identity) -> Self {
        // Standard output may be a device that half the machine writes to; only a file of its own is a mark.
        let files = [&identity.stdout, &identity.stderr].into_iter().filter(|file| file.is_file());
        Self {
            leader: identity.is_this_boot().then_some((identity.pid, identity.start_ticks)),
            tag: (TAG_VARIABLE, identity.tag.clone()),
            files: files.cloned().collect(),
            kin: Vec::new(),
        }
    }
}

impl Marks {
    /// For a process that leads a group of its own and writes to no file.
    pub(crate) fn of_leader(pid: i32, variable: &'static str, tag: &str) -> Self {
        let leader = table::entry(pid).map(|entry| (pid, entry.start_ticks));
        Self { leader, tag: (variable, tag.to_owned()), files: Vec::new(), kin: Vec::new() }
    }

    /// Looks who belongs by parentage and remembers it. What has ended is forgotten.
    pub(crate) fn look(&mut self) {
        let kin = find(self, |_| false);
        self.kin = kin.iter().map(|entry| (entry.pid, entry.start_ticks)).collect();
    }
}

/// How long to wait for killed processes to be gone before they are called survivors.
const PATIENCE: Duration = Duration::from_secs(10);

/// A machine does not give all its pids in so short a time.
const SHORT: Duration = Duration::from_secs(1);

/// How often a tree that grows while it is being stopped is looked at again, within one round.
const LOOKS: usize = 64;

/// Everything of the agent that has not ended.
fn members(marks: &Marks) -> Vec<Entry> {
    find(marks, |entry| is_marked(marks, entry))
}

fn is_marked(marks: &Marks, entry: &Entry) -> bool {
    let (variable, tag) = &marks.tag;
    table::has_in_environment(entry.pid, variable, tag) || table::writes_to(entry.pid, &marks.files)
}

/// Whether nothing of a leader that was started `since` then and has ended is left, as far as the processes tell that
/// were started after it: there are few of them, where the whole table may be long. `false` where they do not tell.
pub(crate) fn is_plainly_gone(marks: &Marks, since: Instant) -> bool {
    let Some((leader, _)) = marks.leader.filter(|_| since.elapsed() < SHORT) else { return false };
    table::after(leader)
        .is_some_and(|later| find_in(later, marks, |entry| is_marked(marks, entry)).is_empty())
}

/// Whoever was remembered, is of the leader's group or session or is otherwise `marked`, with all that descend
/// from them.
fn find(marks: &Marks, marked: impl Fn(&Entry) -> bool) -> Vec<Entry> {
    find_in(table::snapshot(), marks, marked)
}

/// The same among these processes.
fn find_in(mut entries: Vec<Entry>, marks: &Marks, marked: impl Fn(&Entry) -> bool) -> Vec<Entry> {
    let Some((leader, start)) = marks.leader else { return Vec::new() };
    let host = rustix::process::getpid().as_raw_nonzero().get();
    entries.retain(|entry| entry.start_ticks >= start && entry.pid != host);
    // While any of a group lives, the kernel does not give its number again. Where the pid is another
    // process now, the whole of the group was gone before it came.
    let given_again = entries.iter().any(|entry| entry.pid == leader && entry.start_ticks != start);
    let led = |entry: &Entry| !given_again && [entry.pid, entry.group, entry.session].contains(&leader);
    let remembered = |entry: &Entry| marks.kin.contains(&(entry.pid, entry.start_ticks));
    let roots: Vec<i32> = entries
        .iter()
        .filter(|entry| led(entry) || remembered(entry) || marked(entry))
        .map(|entry| entry.pid)
        .collect();
    let all = table::descendants(&entries, &roots);
    entries.retain(|entry| all.contains(&entry.pid) && !entry.ended);
    entries
}

/// Stops all of it, and only when nothing more comes to light kills it: what is killed loses its children,
/// and a child that has also left the group could not be found any more. Gives the pids that were there.
pub(crate) fn kill_round(marks: &Marks) -> Vec<i32> {
    let mut known: Vec<Entry> = Vec::new();
    let mut seen: HashSet<(i32, u64)> = HashSet::new();
    for _ in 0..LOOKS {
        let fresh: Vec<Entry> =
            members(marks).into_iter().filter(|entry| seen.insert((entry.pid, entry.start_ticks))).collect();
        if fresh.is_empty() {
            break;
        }
        control::signal_all(&fresh, Signal::STOP);
        known.extend(fresh);
    }
    control::signal_all(&known, Signal::KILL);
    known.iter().map(|entry| entry.pid).collect()
}

/// Ends all of it, whatever it does about it, and returns when none is left.
pub(crate) async fn end_all(marks: &Marks) -> Result<(), ProcessError> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let round = marks.clone();
        let left = tokio::task::spawn_blocking(move || kill_round(&round))
            .await
            .map_err(|error| ProcessError::io("looking for an agent's processes")(error.into()))?;
        if left.is_empty() {
            return Ok(());
        }
        if tokio::time::Instant::now() >= deadline {
            return Err(ProcessError::Survivors { pids: left });
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
