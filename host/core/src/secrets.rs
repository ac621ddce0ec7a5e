//! Which values are secret for a host: those of its agents, of its webhooks, its own token, and whatever is named like
//! a secret in its environment, since a command that an agent has run may find it.

use crate::folders::Folders;
use crate::settings::Settings;
use jackfield_config::{Config, is_secret_name, looks_secret};
use jackfield_plugins::{ExecutorInfo, Plugins};
use jackfield_process::Environment;
use jackfield_redact::{Redactor, Secrets, password_of};
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

/// What the owner's token is called in the place of its value.
const OWN_TOKEN: &str = "JACKFIELD_TOKEN";
/// Where the owner's token is kept, in the data folder.
const TOKEN_FILE: &str = "token";

/// Removes what this host has learnt to be secret.
pub struct Redaction {
    folders: Arc<Folders>,
    plugins: Arc<Plugins>,
    environment: Arc<Environment>,
    secrets: Arc<Secrets>,
    settings: Arc<Settings>,
}

impl Redaction {
    /// Creates the redaction of a host. Values become known by [`learn_secrets`](Self::learn_secrets).
    pub fn new(
        folders: Arc<Folders>,
        plugins: Arc<Plugins>,
        environment: Arc<Environment>,
        secrets: Arc<Secrets>,
        settings: Arc<Settings>,
    ) -> Self {
        Self { folders, plugins, environment, secrets, settings }
    }

    /// The redactor for all that this host has learnt to be secret. Cheap: every call may ask for it.
    pub fn redactor(&self) -> Arc<Redactor> {
        self.secrets.redactor()
    }

    /// Learns the secrets of the configuration and the components of now. Nothing that was secret is forgotten.
    /// To be called when either changes, and before a program is given any of them.
    pub fn learn_secrets(&self) {
        let executors = self.plugins.executors();
        self.secrets.add(known(&self.environment, &self.settings.config(), &executors));
        self.secrets.add(own_token(&self.folders.data));
    }
}

/// The token that lets its owner in, where there is one.
pub fn own_token(data: &Path) -> Option<(String, String)> {
    let text = std::fs::read_to_string(data.join(TOKEN_FILE)).ok()?;
    Some((OWN_TOKEN.to_owned(), text.trim().to_owned()))
}

/// Names of variables, and their secret values.
pub fn known(host: &Environment, config: &Config, executors: &[ExecutorInfo]) -> Vec<(String, String)> {
    let mut known = Vec::new();
    for (name, value) in host {
        if let (Some(name), Some(value)) = (name.to_str(), value.to_str()) {
            known.extend(secret_part(name, value, false));
        }
    }
    let sections = config.executors.iter().map(|(executor, section)| (executor, &section.environment));
    let rungs = config.ladder.iter().map(|rung| (&rung.executor, &rung.environment));
    for (executor, environment) in sections.chain(rungs) {
        for (name, value) in environment {
            let described = is_described(executors, executor, name);
            known.extend(secret_part(name, value, described || looks_secret(value)));
        }
    }
    let granted = executors.iter().flat_map(|info| &info.description.environment);
    let granted = granted.filter(|variable| variable.secret).map(|variable| variable.name.as_str());
    for name in granted.chain(config.webhooks.values().map(|hook| hook.secret_env.as_str())) {
        if let Some(value) = host.get(OsStr::new(name)).and_then(|value| value.to_str()) {
            known.extend(secret_part(name, value, true));
        }
    }
    let addresses = config.webhooks.iter().map(|(name, hook)| (format!("webhooks.{name}.url"), &hook.url));
    known.extend(addresses.filter_map(|(name, url)| Some((name, password_of(url)?.to_owned()))));
    known
}

fn is_described(executors: &[ExecutorInfo], executor: &str, name: &str) -> bool {
    let own = executors.iter().filter(|info| info.plugin.name == executor);
    own.flat_map(|info| &info.description.environment).any(|known| known.secret && known.name == name)
}

/// What of a variable's value is secret: all of it, the password of an address, or the fields that go into a header.
fn secret_part(name: &str, value: &str, secret: bool) -> Vec<(String, String)> {
    if let Some(password) = password_of(value) {
        return vec![(name.to_owned(), password.to_owned())];
    }
    if secret || is_secret_name(name) {
        return vec![(name.to_owned(), value.to_owned())];
    }
    if name.to_ascii_uppercase().ends_with("_HEADERS") {
        let fields = value.split(',').filter_map(|field| field.split_once('='));
        let word = |value: &str| value.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        return fields.map(|(_, value)| (name.to_owned(), word(value))).collect();
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_config::ExecutorSection;

    #[test]
    fn value_is_secret_by_its_name_form_or_use() {
        let host: Environment = [
            ("PATH", "/bin"),
            ("DATABASE_PASSWORD", "database-word"),
            ("DATABASE_URL", "postgres://app:address-word@db/x"),
            ("HOOK", "whsec_signing-word"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer header-word,x=1"),
            ("API_KEY_2", "numbered-word"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
        let mut config = Config::default();
        let environment = [
            ("FORGE_TOKEN", "forge-12345"),
            ("AGENT_URL", "http://configured"),
            ("EXTRA", "{\"k\":\"ghp_0123456789abcdef\"}"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        config
            .executors
            .insert("shell".into(), ExecutorSection { environment, ..ExecutorSection::default() });
        let known = Redactor::new(known(&host, &config, &[]));
        let shown = known.text(
            "database-word address-word header-word numbered-word forge-12345 http://configured /bin \
             {\"k\":\"ghp_0123456789abcdef\"}",
        );
        assert_eq!(
            shown,
            "[DATABASE_PASSWORD] [DATABASE_URL] [OTEL_EXPORTER_OTLP_HEADERS] [API_KEY_2] [FORGE_TOKEN] \
             http://configured /bin [EXTRA]"
        );
    }
}
