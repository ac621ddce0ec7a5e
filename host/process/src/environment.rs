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

/// Without them nothing gets out of many company networks. In both cases of letters.
const PROXIES: &[&str] = &["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/// The environment of the host itself.
pub fn host_environment() -> Environment {
    std::env::vars_os().collect()
}

/// What of `host` every agent gets: where programs, its home and its certificates are, who and where it is,
/// and the proxies, save those whose address holds a password. `temporary` is its private `TMPDIR` and must
/// exist. Everything else is granted by name, by the caller.
pub fn base_environment(host: &Environment, temporary: &Path) -> Environment {
    let mut environment: Environment = host
        .iter()
        .filter(|(name, value)| name.to_str().is_some_and(|name| passes(name, value)))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    environment.insert("TMPDIR".into(), temporary.into());
    environment.insert("TERM".into(), "dumb".into());
    environment
}

fn passes(name: &str, value: &OsStr) -> bool {
    if PROXIES.iter().any(|proxy| name == *proxy || name == proxy.to_ascii_lowercase()) {
        return !value.as_encoded_bytes().contains(&b'@');
    }
    PASSED.contains(&name) || name.starts_with("LC_")
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
        let names: Vec<(String, String)> = base_environment(&host, Path::new("/private"))
            .into_iter()
            .map(|(name, value)| (name.into_string().unwrap(), value.into_string().unwrap()))
            .collect();
        let expected = [
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
