//! Settings of git that name commands: which there are, and what makes git run no others than those that were
//! there before an agent came.
//!
//! An agent may write the configuration of the repository that it works in. Git runs what stands there when it
//! takes files in or writes them out (filters), and when it fetches objects that a partial clone lacks. Hooks,
//! the file system monitor and the like are off in any case: see `git_environment.rs`.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Keys and values that name commands, or decide whether they run.
pub(crate) type Commands = BTreeMap<String, String>;

/// The commands of one configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Of the repository, or of the worktree alone.
    pub(crate) repository: Commands,
    /// Of the user and of the machine.
    pub(crate) user: Commands,
}

/// What git is told in addition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Overrides {
    /// Keys and values that win over all configuration files.
    pub(crate) settings: Vec<(String, String)>,
    /// Nothing may be fetched: what would be run for it is not what it was.
    pub(crate) offline: bool,
    /// No filter is set anywhere, so git has none to run.
    pub(crate) no_filters: bool,
}

impl Overrides {
    /// Git runs no other commands than it would by itself.
    pub(crate) fn is_empty(&self) -> bool {
        self.settings.is_empty() && !self.offline
    }
}

impl Settings {
    /// `SCOPE NUL KEY LF VALUE NUL`, or `SCOPE NUL KEY NUL` for a key without a value; the last one counts.
    pub(crate) fn parse(listing: &[u8]) -> Self {
        let mut settings = Self::default();
        let mut fields = listing.split(|byte| *byte == 0);
        while let (Some(scope), Some(entry)) = (fields.next(), fields.next()) {
            let entry = String::from_utf8_lossy(entry);
            let (key, value) = entry.split_once('\n').unwrap_or((entry.as_ref(), "true"));
            let part = match scope {
                // Our own.
                b"command" => continue,
                b"system" | b"global" => &mut settings.user,
                _ => &mut settings.repository,
            };
            if is_filter(key) || is_transport(key) {
                part.insert(key.to_owned(), value.to_owned());
            }
        }
        settings
    }

    /// As git takes them: the repository's own win.
    fn effective(&self) -> BTreeMap<&str, &str> {
        let pairs = self.user.iter().chain(&self.repository);
        pairs.map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    /// What makes git, which now has `self`, run the commands of `trusted` and no others.
    pub(crate) fn held_to(&self, trusted: &Self) -> Overrides {
        let (now, then) = (self.effective(), trusted.effective());
        let keys: BTreeSet<&str> = now.keys().chain(then.keys()).copied().collect();
        let no_filters = !keys.iter().any(|key| is_filter(key));
        let changed: Vec<&str> = keys.into_iter().filter(|key| now.get(key) != then.get(key)).collect();
        let settings = changed
            .iter()
            .filter(|key| is_filter(key))
            .map(|key| {
                ((*key).to_owned(), then.get(key).map_or_else(|| off(key), |value| (*value).to_owned()))
            })
            .collect();
        let promisors: Vec<&str> = now.keys().filter_map(|key| promisor(key)).collect();
        let partial = !promisors.is_empty() || now.contains_key(PARTIAL);
        let fetches = |key: &&str| match remote(key) {
            Some(name) => promisors.contains(&name),
            None => is_transport(key),
        };
        Overrides { settings, offline: partial && changed.iter().any(fetches), no_filters }
    }

    /// Objects may be missing, and are fetched when they are needed.
    pub(crate) fn is_partial(&self) -> bool {
        self.effective().keys().any(|key| promisor(key).is_some() || *key == PARTIAL)
    }

    /// What makes git run no filter at all.
    pub(crate) fn without_filters(&self) -> Vec<(String, String)> {
        let filters = self.effective().into_keys().filter(|key| is_filter(key));
        filters.map(|key| (key.to_owned(), off(key))).collect()
    }
}

/// The value with which a filter does nothing, and its doing nothing is no error.
fn off(key: &str) -> String {
    if key.ends_with(".required") { "false".to_owned() } else { String::new() }
}

/// Programs that content goes through. Git LFS, which is a filter itself, has programs of its own.
pub(crate) fn is_filter(key: &str) -> bool {
    let variable = key.rsplit('.').next().unwrap_or_default();
    (key.starts_with("filter.") && ["clean", "smudge", "process", "required"].contains(&variable))
        || key.starts_with("lfs.extension.")
        || key.starts_with("lfs.customtransfer.")
        || key == "lfs.standalonetransferagent"
}

const PARTIAL: &str = "extensions.partialclone";

/// What decides how a partial clone fetches what it lacks.
fn is_transport(key: &str) -> bool {
    ["remote.", "url.", "protocol.", "credential.", "http.", "ssh."].iter().any(|part| key.starts_with(part))
        || ["core.sshcommand", "core.gitproxy", "core.askpass", PARTIAL].contains(&key)
}

/// The remote that a setting is of.
fn remote(key: &str) -> Option<&str> {
    key.strip_prefix("remote.")?.rsplit_once('.').map(|(name, _)| name)
}

/// The remote that objects are fetched from when they are missing.
fn promisor(key: &str) -> Option<&str> {
    remote(key).filter(|_| key.ends_with(".promisor") || key.ends_with(".partialclonefilter"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(listing: &str) -> Settings {
        Settings::parse(listing.replace('|', "\0").as_bytes())
    }

    fn pairs(overrides: &Overrides) -> Vec<(&str, &str)> {
        overrides.settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    #[test]
    fn a_changed_filter_is_put_back_and_a_new_one_does_nothing() {
        let before = settings(
            "global|filter.lfs.clean\ngit-lfs clean|global|filter.lfs.required\ntrue|\
             local|filter.mine.clean\nmine|local|core.bare\nfalse|",
        );
        let after = settings(
            "global|filter.lfs.clean\ngit-lfs clean|global|filter.lfs.required\ntrue|\
             local|filter.lfs.clean\nevil|worktree|filter.a=b.smudge\nevil|local|filter.a=b.required|\
             local|lfs.extension.x.clean\nevil|command|filter.own.clean\nours|local|alias.x\n!evil|",
        );
        assert_eq!(before.held_to(&before), Overrides::default());
        let overrides = after.held_to(&before);
        assert_eq!(
            pairs(&overrides),
            [
                ("filter.a=b.required", "false"),
                ("filter.a=b.smudge", ""),
                ("filter.lfs.clean", "git-lfs clean"),
                ("filter.mine.clean", "mine"),
                ("lfs.extension.x.clean", ""),
            ]
        );
        assert!(!overrides.offline);
    }

    #[test]
    fn a_partial_clone_fetches_only_as_it_was_set_up() {
        let before = settings("local|remote.origin.url\nhttps://a/b|local|remote.origin.promisor\ntrue|");
        let with = |more: &str| {
            let mut after = before.clone();
            after.repository.extend(settings(more).repository);
            after.held_to(&before).offline
        };
        assert!(!with("local|remote.fork.url\nhttps://c/d|"), "another remote is not fetched from");
        assert!(with("local|remote.origin.uploadpack\nevil|"));
        assert!(with("local|core.sshcommand\nevil|"));
        assert!(with("local|remote.fork.promisor\ntrue|"));
        let whole = settings("local|remote.origin.url\nhttps://a/b|");
        let after = settings("local|remote.origin.url\next::evil|");
        assert!(!after.held_to(&whole).offline, "nothing is missing, so nothing is fetched");
    }
}
