//! Who is at work in a folder, so that nobody loses the ground they stand on.

use std::fs;
use std::path::{Path, PathBuf};

/// A process that stands in a folder or has something in it open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupant {
    /// Its number.
    pub pid: i32,
    /// What its program is called.
    pub program: String,
}

/// A process other than this one whose working directory is in the folder, or that has a file there open, as
/// far as this user may see. The folder is absolute and without links. Reads all of `/proc`, so not to be
/// called often, nor on a thread that must not wait.
pub fn occupant(folder: &Path) -> Option<Occupant> {
    let own = std::process::id();
    let listing = fs::read_dir("/proc").ok()?;
    let pids = listing.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| *pid != own).find_map(|pid| {
        let about = PathBuf::from(format!("/proc/{pid}"));
        let cwd = fs::read_link(about.join("cwd")).ok();
        let open = fs::read_dir(about.join("fd")).into_iter().flatten().flatten();
        let open = open.filter_map(|entry| fs::read_link(entry.path()).ok());
        cwd.into_iter()
            .chain(open)
            .any(|path| path.starts_with(folder))
            .then(|| Occupant { pid: pid.cast_signed(), program: program(&about) })
    })
}

fn program(about: &Path) -> String {
    let name = fs::read(about.join("comm")).unwrap_or_default();
    String::from_utf8_lossy(name.trim_ascii()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;
    use tokio::process::Command;

    #[tokio::test]
    async fn whoever_stands_in_a_folder_or_has_a_file_of_it_open_is_seen_and_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let inside = folder.join("inside");
        fs::create_dir(&inside).unwrap();
        let beside = folder.join("inside-not");
        fs::create_dir(&beside).unwrap();
        let _ours = fs::File::create(inside.join("ours")).unwrap();
        let mut neighbour = Command::new("sleep").arg("600").current_dir(&beside).spawn().unwrap();
        assert_eq!(occupant(&inside), None, "neither we nor who is beside it");

        let mut stands = Command::new("sleep").arg("600").current_dir(&inside).spawn().unwrap();
        let pid = stands.id().unwrap().cast_signed();
        // Until it has become the program that it is to be, it is called as this one.
        let seen = loop {
            let seen = occupant(&inside).unwrap();
            if seen.program == "sleep" {
                break seen;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(seen.pid, pid);
        stands.kill().await.unwrap();

        let file = fs::File::create(inside.join("log")).unwrap();
        let mut writes = Command::new("sleep").arg("600").stdout(Stdio::from(file)).spawn().unwrap();
        assert_eq!(occupant(&inside).map(|seen| seen.pid), writes.id().map(u32::cast_signed));
        writes.kill().await.unwrap();
        neighbour.kill().await.unwrap();
        assert_eq!(occupant(&inside), None);
    }
}
