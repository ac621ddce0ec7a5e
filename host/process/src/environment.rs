//! What of the host's environment an agent may see without being granted it.
//!
//! An allow list: a name that is not on it does not pass, whatever it holds.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Names and values.
pub type Environment = BTreeMap<OsString, OsString>;

/// Every process of an agent carries its tag under this name.
pub const TAG_VARIABLE: &str = "JACKFIELD_ATTEMPT";

const PASSED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
];

/// Where git finds the configuration of the user and of the machine, and whose repositories it trusts besides:
/// paths and a user's number. They redirect git to no other repository.
pub const GIT_VARIABLES: [&str; 4] =
    ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "SUDO_UID"];

/// Settings of git that may be handed on where they were given as variables. None of them names a command.
const GIT_SETTINGS: &[&str] = &[
    "safe.directory",
    "safe.barerepository",
    "user.name",
    "user.email",
    "http.proxy",
    "http.sslcainfo",
    "http.sslcapath",
];

/// The most settings that are read from `GIT_CONFIG_COUNT`.
const MOST_GIT_SETTINGS: usize = 1000;

/// Without them nothing gets out of many company networks. In both cases of letters.
const PROXIES: &[&str] = &["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/// The environment of the host itself.
pub fn host_environment() -> Environment {
    std::env::vars_os().collect()
}

/// What of `host` every agent gets: where programs, its home and its certificates are, who and where it is,
/// where git's configuration is and the safe settings that it was given (see [`git_settings`]), and the proxies,
/// save those whose address holds a password. `temporary` is its private `TMPDIR` and must
/// exist. Everything else is granted by name, by the caller.
pub fn base_environment(host: &Environment, temporary: &Path) -> Environment {
    let mut environment: Environment = host
        .iter()
        .filter(|(name, value)| name.to_str().is_some_and(|name| passes(name, value)))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    environment.extend(git_settings(host));
    environment.insert("TMPDIR".into(), temporary.into());
    environment.insert("TERM".into(), "dumb".into());
    environment
}

fn passes(name: &str, value: &OsStr) -> bool {
    if PROXIES.iter().any(|proxy| name == *proxy || name == proxy.to_ascii_lowercase()) {
        return !value.as_encoded_bytes().contains(&b'@');
    }
    PASSED.contains(&name) || GIT_VARIABLES.contains(&name) || name.starts_with("LC_")
}

/// The settings that `host` gives git by `GIT_CONFIG_COUNT` or `GIT_CONFIG_PARAMETERS`, as containers and CI do,
/// as the variables `GIT_CONFIG_COUNT`, `GIT_CONFIG_KEY_0` and so on: those that are safe to hand on, which say
/// whom to trust, who commits and how the network is reached. Empty where there are none.
pub fn git_settings(host: &Environment) -> Environment {
    let text = |name: &str| host.get(OsStr::new(name)).and_then(|value| value.to_str());
    let count = text("GIT_CONFIG_COUNT").and_then(|count| count.trim().parse().ok()).unwrap_or(0);
    let counted = (0..usize::min(count, MOST_GIT_SETTINGS)).filter_map(|number| {
        let part = |which: &str| text(&format!("GIT_CONFIG_{which}_{number}")).map(str::to_owned);
        Some((part("KEY")?, part("VALUE")?))
    });
    let parameters = quoted_settings(text("GIT_CONFIG_PARAMETERS").unwrap_or_default());
    let safe = counted.chain(parameters).filter(|(key, value)| is_safe_setting(key, value));
    let mut environment = Environment::new();
    let mut number = 0;
    for (key, value) in safe {
        environment.insert(format!("GIT_CONFIG_KEY_{number}").into(), key.into());
        environment.insert(format!("GIT_CONFIG_VALUE_{number}").into(), value.into());
        number += 1;
    }
    if number > 0 {
        environment.insert("GIT_CONFIG_COUNT".into(), number.to_string().into());
    }
    environment
}

fn is_safe_setting(key: &str, value: &str) -> bool {
    let key = key.to_ascii_lowercase();
    // The address of a proxy may hold a password.
    GIT_SETTINGS.contains(&key.as_str()) && !(key == "http.proxy" && value.contains('@'))
}

/// What `git -c` hands to the programs that it starts: `'KEY'='VALUE'` or, from git before 2.31, `'KEY=VALUE'`,
/// with spaces between; a single quote or an exclamation mark is written `'\''` or `'\!'`.
fn quoted_settings(text: &str) -> Vec<(String, String)> {
    let mut settings = Vec::new();
    let mut word = String::new();
    let mut value_from = None;
    let (mut quoted, mut letters) = (false, text.chars());
    while let Some(letter) = letters.next() {
        match (letter, quoted) {
            ('\'', _) => quoted = !quoted,
            ('\\', false) => word.extend(letters.next()),
            (' ', false) => settings.extend(setting(&std::mem::take(&mut word), value_from.take())),
            ('=', false) if value_from.is_none() => value_from = Some(word.len()),
            (letter, _) => word.push(letter),
        }
    }
    settings.extend(setting(&word, value_from));
    settings
}

fn setting(word: &str, value_from: Option<usize>) -> Option<(String, String)> {
    let (key, value) = match value_from {
        Some(at) => word.split_at_checked(at)?,
        None => word.split_once('=')?,
    };
    Some((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment<const N: usize>(pairs: [(&str, &str); N]) -> Environment {
        pairs.map(|(name, value)| (name.into(), value.into())).into()
    }

    #[test]
    fn safe_git_settings_are_passed_on_and_commands_are_not() {
        let host = environment([
            ("GIT_CONFIG_COUNT", "4"),
            ("GIT_CONFIG_KEY_0", "safe.directory"),
            ("GIT_CONFIG_VALUE_0", "*"),
            ("GIT_CONFIG_KEY_1", "core.sshCommand"),
            ("GIT_CONFIG_VALUE_1", "/evil"),
            ("GIT_CONFIG_KEY_2", "http.proxy"),
            ("GIT_CONFIG_VALUE_2", "http://ann:secret@proxy"),
            ("GIT_CONFIG_KEY_3", "Safe.Directory"),
            ("GIT_CONFIG_VALUE_3", "/srv/it's"),
            (
                "GIT_CONFIG_PARAMETERS",
                r"'user.name'='Ann O'\''Hara' 'filter.x.clean'='evil' 'user.email=a@b'",
            ),
        ]);
        let passed = environment([
            ("GIT_CONFIG_COUNT", "4"),
            ("GIT_CONFIG_KEY_0", "safe.directory"),
            ("GIT_CONFIG_VALUE_0", "*"),
            ("GIT_CONFIG_KEY_1", "Safe.Directory"),
            ("GIT_CONFIG_VALUE_1", "/srv/it's"),
            ("GIT_CONFIG_KEY_2", "user.name"),
            ("GIT_CONFIG_VALUE_2", "Ann O'Hara"),
            ("GIT_CONFIG_KEY_3", "user.email"),
            ("GIT_CONFIG_VALUE_3", "a@b"),
        ]);
        assert_eq!(git_settings(&host), passed);
        assert_eq!(git_settings(&environment([("GIT_CONFIG_COUNT", "no")])), Environment::new());
        let agent = base_environment(&host, Path::new("/private"));
        assert!(passed.iter().all(|(name, value)| agent.get(name) == Some(value)), "{agent:?}");
        assert!(!agent.contains_key(OsStr::new("GIT_CONFIG_PARAMETERS")));
    }

    #[test]
    fn only_what_is_on_the_list_passes() {
        let host: Environment = [
            ("PATH", "/bin"),
            ("HOME", "/home/ann"),
            ("LC_ALL", "C.UTF-8"),
            ("https_proxy", "http://proxy:3128"),
            ("HTTP_PROXY", "http://ann:secret@proxy:3128"),
            ("ANTHROPIC_API_KEY", "secret"),
            ("PATHS", "no"),
            ("TMPDIR", "/shared"),
            ("TERM", "xterm"),
            ("LD_PRELOAD", "/evil.so"),
            ("GIT_CONFIG_GLOBAL", "/etc/ours"),
            ("GIT_DIR", "/elsewhere/.git"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
        let names: Vec<(String, String)> = base_environment(&host, Path::new("/private"))
            .into_iter()
            .map(|(name, value)| (name.into_string().unwrap(), value.into_string().unwrap()))
            .collect();
        let expected = [
            ("GIT_CONFIG_GLOBAL", "/etc/ours"),
            ("HOME", "/home/ann"),
            ("LC_ALL", "C.UTF-8"),
            ("PATH", "/bin"),
            ("TERM", "dumb"),
            ("TMPDIR", "/private"),
            ("https_proxy", "http://proxy:3128"),
        ];
        assert_eq!(names, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
