//! PID namespaces: finding out what this machine allows, and starting a command in one.

use crate::quick::Line;
use crate::which::which;
use crate::{ProcessError, QuickSpec, host_environment, run_quick};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::OnceCell;

/// How a PID namespace is asked for, best first. A `/proc` of its own also keeps the agent from reading the
/// host's environment; without privileges the namespace of a user of its own is needed.
const NAMESPACES: &[&[&str]] = &[
    &["--pid", "--fork", "--kill-child", "--mount-proc"],
    &["--user", "--map-current-user", "--pid", "--fork", "--kill-child", "--mount-proc"],
    &["--pid", "--fork", "--kill-child"],
    &["--user", "--map-current-user", "--pid", "--fork", "--kill-child"],
];

/// `$1` the largest file in blocks of 512 bytes, empty where there is no limit; then the command. A limit that
/// cannot be set is above one that is in force already.
const SCRIPT: &str = r#"ulimit -c 0; [ -z "$1" ] || ulimit -f "$1" 2>/dev/null; shift; exec "$@""#;

/// `unshare` with its options, found out by trying; none where no PID namespace is allowed.
pub(crate) async fn detect(sh: &Path) -> Option<Vec<OsString>> {
    let unshare = which("unshare", path())?;
    for options in NAMESPACES {
        let asked: Vec<OsString> =
            std::iter::once(unshare.clone().into()).chain(options.iter().map(OsString::from)).collect();
        let first = [sh.into(), "-c".into(), r#"[ "$$" = 1 ] && [ -d /proc/self ]"#.into()];
        if tried(asked.iter().cloned().chain(first).collect()).await == Some(0) {
            tracing::debug!(?options, "programs run in a PID namespace");
            return Some(asked);
        }
    }
    None
}

/// The command line that starts `program` in a PID namespace, where there can be one, with limits.
pub(crate) async fn line(program: &Path, file_size: Option<u64>) -> Result<Line, ProcessError> {
    static FOUND: OnceCell<Option<Vec<OsString>>> = OnceCell::const_new();
    let sh = which("sh", path()).ok_or(ProcessError::NoTool { tool: "sh" })?;
    let unshare = FOUND.get_or_init(|| detect(&sh)).await;
    let blocks = file_size.map_or_else(OsString::new, |bytes| bytes.div_ceil(512).to_string().into());
    let mut argv = unshare.clone().unwrap_or_default();
    argv.extend([
        sh.into(),
        "-c".into(),
        SCRIPT.into(),
        "jackfield-contained".into(),
        blocks,
        program.into(),
    ]);
    Ok(Line { argv, namespace: unshare.is_some() })
}

pub(crate) fn path() -> OsString {
    std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into())
}

/// The exit code of a command that is there to find out whether it works.
pub(crate) async fn tried(argv: Vec<OsString>) -> Option<i32> {
    let spec = QuickSpec {
        argv,
        environment: host_environment(),
        cwd: PathBuf::from("/"),
        stdin: Vec::new(),
        timeout: Duration::from_secs(10),
        output_cap: 4096,
    };
    run_quick(spec).await.ok()?.code
}
