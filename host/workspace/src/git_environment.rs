//! What every call of git inherits and is told: nothing that redirects it, no hooks, no prompt.

use jackfield_process::{Environment, GIT_VARIABLES, git_settings, host_environment};
use std::ffi::OsString;

/// What may be inherited. Everything else that begins with `GIT_` would redirect git elsewhere,
/// and the rest may hold secrets that no filter program needs.
const INHERITED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "GIT_EXEC_PATH",
    // How far up git looks for a repository.
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
];

const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "advice.addEmbeddedRepo=false",
];

const NAME: &str = "Jackfield";
const EMAIL: &str = "jackfield@localhost";

/// The environment of a call, and nothing else of the host's.
pub(crate) fn environment() -> Environment {
    let inherited = INHERITED.iter().chain(&GIT_VARIABLES);
    let mut environment: Environment =
        inherited.filter_map(|name| Some(((*name).into(), std::env::var_os(name)?))).collect();
    environment.extend(git_settings(&host_environment()));
    let fixed = [
        ("LC_ALL", "C"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_ADVICE", "0"),
        ("GIT_AUTHOR_NAME", NAME),
        ("GIT_AUTHOR_EMAIL", EMAIL),
        ("GIT_COMMITTER_NAME", NAME),
        ("GIT_COMMITTER_EMAIL", EMAIL),
    ];
    environment.extend(fixed.map(|(name, value)| (name.into(), OsString::from(value))));
    environment
}

/// The program and the settings that come before the arguments of a call.
pub(crate) fn command() -> Vec<OsString> {
    let mut argv = vec![OsString::from("git")];
    for setting in SETTINGS {
        argv.extend(["-c".into(), OsString::from(setting)]);
    }
    argv
}
