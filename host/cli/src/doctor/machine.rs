//! What the machine has to offer: programs, disk, namespaces, a toolchain for authors.

use super::finding::{Finding, absent, broken, fine, refused};
use jackfield_process::{Containment, Launcher, Quick, QuickSpec, host_environment, run_quick, which};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

/// The oldest git with everything that worktrees are made with.
const OLDEST_GIT: (u32, u32) = (2, 31);
/// Below this, the next run may not be recorded any more, bytes.
const NO_ROOM: u64 = 256 << 20;
/// Below this, a few builds fill the disk, bytes.
const LITTLE_ROOM: u64 = 2 << 30;
/// What components in Rust are built for.
const TARGET: &str = "wasm32-wasip2";

pub(super) async fn git() -> Finding {
    let install = "install git 2.31 or later, with this machine's package manager";
    let told = match asked(&["git", "--version"]).await {
        Ok(quick) => String::from_utf8_lossy(&quick.stdout).trim().to_owned(),
        Err(found) => return broken("git", found, install),
    };
    match version(&told) {
        Some(version) if version < OLDEST_GIT => {
            broken("git", format!("{told} is older than 2.31 and lacks what worktrees need"), install)
        }
        _ => fine("git", told),
    }
}

/// Major and minor of `git version 2.39.5 (Apple Git-154)`.
fn version(told: &str) -> Option<(u32, u32)> {
    let mut numbers = told.split_whitespace().nth(2)?.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// How agents are kept together, and what can limit them.
pub(super) async fn containment() -> Vec<Finding> {
    let launcher = match Launcher::detect().await {
        Ok(launcher) => launcher,
        Err(error) => {
            let problem = error.problem();
            return vec![refused("containment", &problem)];
        }
    };
    let together = match launcher.containment() {
        Containment::PidNamespace => fine("containment", "agents run in a PID namespace of their own"),
        Containment::Tracked => absent(
            "containment",
            "no PID namespace is allowed here: agents are tracked by their marks, and a tool that sheds all of \
             them may outlive its agent",
            namespaces(),
        ),
    };
    vec![together, limits(launcher.limits_trees())]
}

/// Whether `run.max_memory_mb` and `run.max_cpus` hold for the whole tree of an agent.
fn limits((memory, cpus): (bool, bool)) -> Finding {
    const SUBJECT: &str = "limits";
    match (memory, cpus) {
        (true, true) => {
            fine(SUBJECT, "control groups limit the memory and the CPUs of an agent's whole tree")
        }
        (true, false) => fine(
            SUBJECT,
            "a control group limits the memory of an agent's whole tree; run.max_cpus has no effect",
        ),
        (false, _) => fine(
            SUBJECT,
            "no control group may be made here: run.max_memory_mb limits each single process, run.max_cpus has no effect",
        ),
    }
}

/// Why there are no namespaces, as far as it can be told, and what to do.
fn namespaces() -> String {
    let says = |file: &str, value: &str| {
        std::fs::read_to_string(Path::new("/proc/sys").join(file)).is_ok_and(|text| text.trim() == value)
    };
    let path = path();
    if which("unshare", &path).is_none() {
        return "`unshare` is not on the PATH: install util-linux".to_owned();
    }
    let off = [
        ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with `userns` for it",
        ),
        ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=10000"),
    ];
    match off.iter().find(|(file, value, _)| says(file, value)) {
        Some((_, _, remedy)) => format!("user namespaces are switched off: {remedy}"),
        None => "in a container, allow it to make namespaces (a seccomp profile that lets unshare pass); a service of \
                 systemd must not have RestrictNamespaces=yes"
            .to_owned(),
    }
}

/// Whether the next run finds room on the disk that the folder, or what is there of it, lies on.
pub(super) fn disk(folder: &Path) -> Finding {
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(folder);
    let remedy = format!(
        "`jackfield prune --dry-run` lists what can be deleted, `[retention]` sets how long data is kept; or name a \
         folder on another disk with --data (this is {})",
        there.display()
    );
    let stat = match rustix::fs::statvfs(there) {
        Ok(stat) => stat,
        Err(error) => return broken("disk", format!("it cannot be asked how full it is: {error}"), remedy),
    };
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let found = format!("{} free", size(free));
    // A file system without a table of files has none of it to give.
    if stat.f_files > 0 && stat.f_favail == 0 {
        return broken("disk", format!("{found}, and no room for one more file (inodes)"), remedy);
    }
    match free {
        ..NO_ROOM => broken("disk", format!("only {found}: work cannot be recorded for long"), remedy),
        NO_ROOM..LITTLE_ROOM => absent("disk", format!("only {found}"), remedy),
        _ => fine("disk", found),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..0x4000_0000 => format!("{} MB", bytes >> 20),
        _ => format!("{:.1} GB", bytes as f64 / f64::from(1 << 30)),
    }
}

/// What authors of components in Rust need.
pub(super) async fn toolchain() -> Finding {
    const SUBJECT: &str = "toolchain";
    if which("rustc", path()).is_none() {
        return absent(
            SUBJECT,
            "no Rust, which only authors of components need",
            "install it with rustup (https://rustup.rs), then `rustup target add wasm32-wasip2`; JavaScript needs npm, \
             Python needs pip",
        );
    }
    let folder = asked(&["rustc", "--print", "target-libdir", "--target", TARGET]).await;
    let there = folder.is_ok_and(|quick| {
        quick.is_success() && Path::new(String::from_utf8_lossy(&quick.stdout).trim()).is_dir()
    });
    match there {
        true => fine(SUBJECT, format!("Rust with {TARGET}, for authors of components")),
        false => absent(
            SUBJECT,
            format!("Rust without {TARGET}: components cannot be built"),
            format!("rustup target add {TARGET}"),
        ),
    }
}

/// What a program prints, or why it could not be asked.
async fn asked(argv: &[&str]) -> Result<Quick, String> {
    let environment = host_environment();
    if let Some(program) = argv.first().filter(|program| which(program, path()).is_none()) {
        return Err(format!("`{program}` is not on the PATH"));
    }
    let spec = QuickSpec {
        argv: argv.iter().map(Into::into).collect(),
        environment,
        cwd: std::env::temp_dir(),
        stdin: Vec::new(),
        timeout: Duration::from_secs(10),
        output_cap: 1024,
    };
    run_quick(spec).await.map_err(|error| error.problem().message)
}

fn path() -> OsString {
    host_environment().get(OsStr::new("PATH")).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_that_is_too_old_is_recognised_by_its_version() {
        assert_eq!(version("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(version("git version 2.47.1"), Some((2, 47)));
        assert!(version("git version 2.9.5").unwrap() < OLDEST_GIT);
        assert_eq!(version("something else"), None);
    }

    #[test]
    fn size_is_shown_in_a_fitting_unit() {
        assert_eq!((size(12 << 20), size(3 << 30)), ("12 MB".to_owned(), "3.0 GB".to_owned()));
    }
}
