//! The gate: a few lines of shell that stand where the agent will be, and wait to be let through.
//!
//! ```text
//! host                     gate (sh)                          agent
//!  │ spawn ───────────────► reads its standard input
//!  │ records the identity   ·
//!  │ "go" ────────────────► sets limits, writes "started"
//!  │                        becomes awk, starts ─────────────► runs
//!  │ (or goes away: end     ·                                  ends
//!  │  of file, gate ends)   writes "ended N" ◄─────────────────┘
//! ```
//!
//! In a PID namespace the gate is its first process, so the kernel ends all others when it ends, and signals
//! that it does not handle cannot end it. Shell and not `pre_exec`, because that would fork the whole host:
//! tens of milliseconds where it is large.

use crate::{Containment, ProcessError, ProcessLimits, Spec};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// What lets the agent be started.
pub(crate) const GO: &[u8] = b"go\n";

/// The longest single argument that Linux carries, its end included (`MAX_ARG_STRLEN`).
const MOST_ARGUMENT_BYTES: usize = 128 * 1024;

/// `$1` awk, `$2` its program, `$3` the status file, `$4` the file for standard input, `$5` the agent's
/// command line, `$6`… the limits, in the order of [`limits`], empty where there is none, then the files by which the
/// gate puts itself into its control groups.
///
/// The soft limit on CPU time comes first, so that the agent is told (SIGXCPU) before it is killed. `-u` is
/// how bash, `-p` how dash and busybox call the limit on processes.
const SCRIPT: &str = r#"
IFS= read -r word && [ "$word" = go ] || exit 125
awk=$1 program=$2 status=$3 input=$4 command=$5
shift 5
ulimit -c 0
[ -z "$1" ] || ulimit -f "$1" || exit 125
[ -z "$2" ] || ulimit -n "$2" || exit 125
[ -z "$3" ] || { ulimit -S -t "$3" && ulimit -H -t "$4"; } || exit 125
[ -z "$5" ] || ulimit -v "$5" || exit 125
[ -z "$6" ] || { (ulimit -u "$6") 2>/dev/null && ulimit -u "$6" || ulimit -p "$6"; } || exit 125
[ -z "$7" ] || ulimit -d "$7" || exit 125
shift 7
for group in "$@"; do echo 0 >"$group" || exit 125; done
exec <"$input" || exit 125
echo started >"$status" || exit 125
exec "$awk" "$program" "$status" "$command"
"#;

/// Starts the agent, waits, leaves word. Where the word cannot be left (a full disk), its own exit code says
/// what a shell's would.
const WAITER: &str = r#"BEGIN {
    ended = system(ARGV[2])
    print "ended " ended >> ARGV[1]
    close(ARGV[1])
    exit ended < 256 ? ended : 128 + ended % 256
}"#;

/// Stands beside an agent that lives on a lease, `'LEASE'` being its file, and looks at it each second. Once it
/// has run out, or cannot be read, word is left in `'STATUS'`, and everything that `'WHOM'` names is killed: in a
/// PID namespace all processes but the first, whatever group they moved to; elsewhere the agent's process group, this
/// and the gate included. Its text begins with [`WATCH_MARK`].
const WATCH: &str = r#": jackfield-lease; (while read -r until <'LEASE' && read -r up rest </proc/uptime && [ "${up%%.*}" -lt "$until" ]
do sleep 1 || exit; done; echo expired >>'STATUS'; kill -KILL 'WHOM') </dev/null >/dev/null 2>&1 &
"#;

/// By what the command line of a process that watches a lease is known.
pub(crate) const WATCH_MARK: &[u8] = b": jackfield-lease;";

/// `sh` and its arguments for one agent.
pub(crate) fn argv(
    sh: &Path,
    awk: &Path,
    program: &Path,
    spec: &Spec,
    containment: Containment,
    groups: Vec<PathBuf>,
) -> Result<Vec<OsString>, ProcessError> {
    let arguments = spec.argv.iter().skip(1).map(OsString::as_os_str);
    let watch = spec.lease.as_ref().map(|lease| {
        let whom = match containment {
            Containment::PidNamespace => "-1",
            Containment::Tracked => "0",
        };
        watch(lease.as_os_str(), spec.status.as_os_str(), OsStr::new(whom))
    });
    let command =
        command_line(watch.unwrap_or_default(), std::iter::once(program.as_os_str()).chain(arguments))?;
    let input = spec.stdin.as_deref().unwrap_or(Path::new("/dev/null"));
    let mut argv: Vec<OsString> = vec![sh.into(), "-c".into(), SCRIPT.into(), "jackfield-gate".into()];
    argv.extend([awk.into(), WAITER.into(), spec.status.as_os_str().to_owned(), input.into(), command]);
    argv.extend(
        limits(&spec.limits).map(|limit| limit.map_or_else(OsString::new, |value| value.to_string().into())),
    );
    argv.extend(groups.into_iter().map(OsString::from));
    Ok(argv)
}

/// In the units of `ulimit`.
fn limits(limits: &ProcessLimits) -> [Option<u64>; 7] {
    [
        // POSIX counts 512 bytes, and so does dash; bash counts 1,024 unless it runs as sh.
        limits.file_size.map(|bytes| bytes.div_ceil(512)),
        limits.open_files,
        limits.cpu_seconds,
        limits.cpu_seconds.map(|seconds| seconds + 5),
        limits.address_space.map(|bytes| bytes.div_ceil(1024)),
        limits.processes,
        limits.data.map(|bytes| bytes.div_ceil(1024)),
    ]
}

fn watch(lease: &OsStr, status: &OsStr, whom: &OsStr) -> Vec<u8> {
    let mut line = Vec::new();
    let mut rest = WATCH;
    for (mark, file) in [("'LEASE'", lease), ("'STATUS'", status), ("'WHOM'", whom)] {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        line.extend_from_slice(before.as_bytes());
        quote(&mut line, file);
        rest = after;
    }
    line.extend_from_slice(rest.as_bytes());
    line
}

/// Within single quotes nothing has a meaning but the closing one.
fn quote(line: &mut Vec<u8>, argument: &OsStr) {
    line.push(b'\'');
    for byte in argument.as_bytes() {
        if *byte == b'\'' { line.extend_from_slice(br"'\''") } else { line.push(*byte) }
    }
    line.push(b'\'');
}

/// awk hands a command to the shell as one string, so each argument is quoted.
fn command_line<'a>(
    mut line: Vec<u8>,
    argv: impl Iterator<Item = &'a OsStr>,
) -> Result<OsString, ProcessError> {
    line.extend_from_slice(b"exec");
    for argument in argv {
        if argument.as_bytes().contains(&0) {
            return Err(ProcessError::BadCommand("an argument holds a NUL byte".into()));
        }
        line.push(b' ');
        quote(&mut line, argument);
    }
    if line.len() >= MOST_ARGUMENT_BYTES {
        return Err(ProcessError::TooLong { bytes: line.len(), most: MOST_ARGUMENT_BYTES });
    }
    Ok(OsString::from_vec(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_cannot_be_carried_are_refused_before_anything_starts() {
        let line = |text: &str| command_line(Vec::new(), [OsStr::new("agent"), OsStr::new(text)].into_iter());
        assert_eq!(line("it's").unwrap(), OsString::from(r"exec 'agent' 'it'\''s'"));
        assert!(matches!(line("a\0b"), Err(ProcessError::BadCommand(_))));
        assert!(line(&"x".repeat(MOST_ARGUMENT_BYTES - 100)).is_ok());
        assert!(matches!(line(&"x".repeat(MOST_ARGUMENT_BYTES)), Err(ProcessError::TooLong { .. })));
    }
}
