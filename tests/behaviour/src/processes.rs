//! Processes, as the kernel tells of them: found by the ground that they live in, or by the tag of
//! the attempt that they belong to.
//!
//! A process that ended and was not yet waited for by its parent is none.

use std::fs;
use std::path::Path;

/// What every process of an attempt has in its environment.
const TAG: &str = "JACKFIELD_ATTEMPT=";

/// One process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its command line.
    pub command: String,
    /// The attempt that it belongs to.
    pub attempt: Option<String>,
}

/// Processes of one attempt.
pub fn tagged(attempt: &str) -> Vec<Process> {
    all(|_, environment| environment.iter().any(|entry| entry.strip_prefix(TAG) == Some(attempt)))
}

/// Processes whose folder or environment lies in `ground`.
pub(crate) fn of(ground: &Path) -> Vec<Process> {
    let name = ground.to_str().unwrap().to_owned();
    all(move |folder, environment| {
        folder.starts_with(&name) || environment.iter().any(|entry| entry.contains(&name))
    })
}

fn all(wanted: impl Fn(&str, &[String]) -> bool) -> Vec<Process> {
    let pids =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid| *pid != std::process::id()).filter_map(|pid| seen(pid, &wanted)).collect()
}

/// Nothing, where it has ended meanwhile or is not wanted.
fn seen(pid: u32, wanted: impl Fn(&str, &[String]) -> bool) -> Option<Process> {
    let about = Path::new("/proc").join(pid.to_string());
    let folder = fs::read_link(about.join("cwd")).ok()?;
    let environment = words(&about.join("environ"))?;
    if !wanted(folder.to_str()?, &environment) || is_ended(&about) {
        return None;
    }
    let attempt = environment.iter().find_map(|entry| entry.strip_prefix(TAG)).map(str::to_owned);
    Some(Process { pid, command: words(&about.join("cmdline"))?.join(" "), attempt })
}

fn is_ended(about: &Path) -> bool {
    let Ok(stat) = fs::read_to_string(about.join("stat")) else { return true };
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    matches!(state, None | Some('Z' | 'X'))
}

fn words(file: &Path) -> Option<Vec<String>> {
    let bytes = fs::read(file).ok()?;
    let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    Some(words.map(|word| String::from_utf8_lossy(word).into_owned()).collect())
}

impl Process {
    /// Ends it at once. One that has ended meanwhile is fine.
    pub fn kill(&self) {
        let pid = rustix::process::Pid::from_raw(self.pid.cast_signed()).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}
