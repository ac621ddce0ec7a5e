//! Whether agent programs are installed and logged in. Adapters say what to ask and read the
//! answers; the host asks, in parallel and not too often.

use crate::admission::planned::Planned;
use crate::execution::environment::Sources;
use crate::scheduling::backlog::Backlog;
use crate::selection::health_cache::HealthCache;
use jackfield_api::AuthStatus;
use jackfield_config::is_secret_name;
use jackfield_core::folders::Folders;
use jackfield_core::secrets::Redaction;
use jackfield_core::settings::Settings;
use jackfield_plugins::facts::{driving, types};
use jackfield_plugins::{ExecutorInfo, Plugins};
use jackfield_process::{Environment, QuickSpec, run_quick, which};
use jackfield_types::{Clock, Failure, FailureClass, Problem};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::sync::Arc;
use std::time::Duration;

/// Longest that one probe may take, whatever its adapter says.
const LONGEST_PROBE: Duration = Duration::from_secs(15);
/// How long an attempt waits to hear whether its program is logged in.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most that a probe may print, bytes.
const MOST_OUTPUT: usize = 64 << 10;

/// Asks agent programs whether they are installed and logged in.
pub struct HealthProbes {
    pub(crate) folders: Arc<Folders>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) environment: Arc<Environment>,
    pub(crate) health: Arc<HealthCache>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) redaction: Arc<Redaction>,
    pub(crate) backlog: Arc<Backlog>,
}

impl HealthProbes {
    /// Returns the enabled executors whose program is installed here.
    pub fn installed_executors(&self) -> Vec<String> {
        let serving = self.plugins.executors().into_iter();
        serving
            .filter(|info| self.settings.executor_section(&info.plugin.name).enabled)
            .filter(|info| self.missing_program(&info.description).is_none())
            .map(|info| info.plugin.name)
            .collect()
    }

    /// The health of each, asked at once where nothing fresh is known.
    pub(crate) async fn health_of(&self, executors: &[ExecutorInfo]) -> HashMap<String, driving::Health> {
        let asked =
            executors.iter().map(|info| async { (info.plugin.name.clone(), self.health(info).await) });
        futures::future::join_all(asked).await.into_iter().collect()
    }

    /// The same, where what is missing here may be on a worker elsewhere: that one has looked.
    pub(crate) async fn health_anywhere(
        &self,
        executors: &[ExecutorInfo],
    ) -> Result<HashMap<String, driving::Health>, Problem> {
        let mut health = self.health_of(executors).await;
        for (name, health) in health.iter_mut().filter(|(_, health)| !health.installed) {
            health.installed = self.backlog.elsewhere_has(name).await?;
        }
        Ok(health)
    }

    /// Why an attempt would only hang or fail at its login: its program says that nobody is logged in, and nothing
    /// else could let it in. What was found earlier may have been mended, so it is asked again.
    pub(crate) async fn logged_out(&self, planned: &Planned) -> Option<Failure> {
        let info = &planned.executor;
        let name = &info.plugin.name;
        if !matches!(self.login(info, planned.rung.as_deref()).await, types::Login::LoggedOut) {
            return None;
        }
        self.health.forget(name);
        if !matches!(self.login(info, planned.rung.as_deref()).await, types::Login::LoggedOut) {
            return None;
        }
        let remedy = self.health(info).await.remedy;
        let failure = Failure::new(
            FailureClass::AuthFailure,
            format!("'{name}' was not started: its program is not logged in, and no key is set"),
        );
        Some(failure.with_remedy(remedy.unwrap_or_else(|| "log in to its program".to_owned())))
    }

    /// Unknown where a probe cannot tell: an endpoint or a credential of its own needs no login of the program's.
    async fn login(&self, info: &ExecutorInfo, rung: Option<&str>) -> types::Login {
        let section = self.settings.section_on(&info.plugin.name, rung);
        let own = ["base_url", "auth_token_from", "api_key_from", "env_key"];
        let has_own = own.iter().any(|name| section.settings.contains_key(*name))
            || section.settings.keys().any(|name| name.starts_with("env."))
            || section.environment.keys().any(|name| is_secret_name(name) || name.ends_with("BASE_URL"));
        let sources = Sources { host: &self.environment, executor: &section, description: &info.description };
        let present = sources.present();
        let mut secrets = info.description.environment.iter().filter(|variable| variable.secret);
        let has_key =
            secrets.any(|variable| is_secret_name(&variable.name) && present.contains(&variable.name));
        if has_own || has_key {
            return types::Login::Unknown;
        }
        // A probe that hangs keeps nobody from work.
        let health = tokio::time::timeout(PATIENCE, self.health(info)).await;
        health.map_or(types::Login::Unknown, |health| health.login)
    }

    /// The set-up of every executor, for people.
    pub async fn auth_status(&self) -> Vec<AuthStatus> {
        let executors = self.plugins.executors();
        let health = self.health_of(&executors).await;
        let status = |info: &ExecutorInfo| {
            let name = info.plugin.name.clone();
            let health = health.get(&name)?.clone();
            Some(AuthStatus {
                enabled: self.settings.executor_section(&name).enabled,
                executor: name,
                installed: health.installed,
                version: health.version,
                login: match health.login {
                    types::Login::Unknown => "unknown",
                    types::Login::LoggedIn => "logged_in",
                    types::Login::LoggedOut => "logged_out",
                }
                .to_owned(),
                account: health.account,
                remedy: health.remedy,
            })
        };
        executors.iter().filter_map(status).collect()
    }

    async fn health(&self, info: &ExecutorInfo) -> driving::Health {
        let name = &info.plugin.name;
        let now = self.clock.now();
        if let Some(health) = self.health.fresh(name, now) {
            return health;
        }
        let health = match self.missing_program(&info.description) {
            Some(missing) => absent(&missing),
            None => self.probe(info).await,
        };
        self.health.keep(name, now, &health);
        health
    }

    /// The first program of the description that is not on the PATH.
    pub(crate) fn missing_program(&self, description: &driving::Description) -> Option<driving::Program> {
        let path = self.environment.get(OsStr::new("PATH")).cloned().unwrap_or_default();
        description.programs.iter().find(|program| which(&program.name, &path).is_none()).cloned()
    }

    async fn probe(&self, info: &ExecutorInfo) -> driving::Health {
        let name = &info.plugin.name;
        let section = self.settings.executor_section(name);
        let sources = Sources { host: &self.environment, executor: &section, description: &info.description };
        self.redaction.learn_secrets();
        let answered = async {
            let probes = self.plugins.probes(name).await?.value;
            let redactor = self.redaction.redactor();
            let asked = probes.iter().map(|probe| self.ask(probe, &sources, &redactor));
            let results = futures::future::join_all(asked).await;
            Ok::<_, jackfield_plugins::PluginError>(
                self.plugins.read_probes(name, &results, &sources.present()).await?.value,
            )
        };
        let health = answered.await.unwrap_or_else(|error| driving::Health {
            installed: true,
            version: None,
            login: types::Login::Unknown,
            account: None,
            remedy: Some(error.to_string()),
        });
        // What a component made of what it was told is looked at again.
        let redactor = self.redaction.redactor();
        let clean = |text: Option<String>| text.map(|text| redactor.text(&text));
        driving::Health {
            version: clean(health.version),
            account: clean(health.account),
            remedy: clean(health.remedy),
            ..health
        }
    }

    async fn ask(
        &self,
        probe: &driving::Probe,
        sources: &Sources<'_>,
        redactor: &jackfield_redact::Redactor,
    ) -> driving::ProbeResult {
        let quick = run_quick(QuickSpec {
            argv: probe.argv.iter().map(Into::into).collect(),
            environment: sources.for_probe(&self.folders.temporary),
            cwd: self.folders.temporary.clone(),
            stdin: Vec::new(),
            timeout: Duration::from_millis(probe.timeout).min(LONGEST_PROBE),
            output_cap: MOST_OUTPUT,
        })
        .await;
        let (code, stdout, stderr) = match quick {
            Ok(quick) if quick.left_out > 0 => {
                (None, Vec::new(), format!("it printed more than {MOST_OUTPUT} bytes").into_bytes())
            }
            Ok(quick) => (quick.code, quick.stdout, quick.stderr),
            Err(error) => (None, Vec::new(), error.to_string().into_bytes()),
        };
        driving::ProbeResult {
            name: probe.name.clone(),
            code,
            stdout: redactor.text(&String::from_utf8_lossy(&stdout)),
            stderr: redactor.text(&String::from_utf8_lossy(&stderr)),
        }
    }
}

fn absent(program: &driving::Program) -> driving::Health {
    driving::Health {
        installed: false,
        version: None,
        login: types::Login::Unknown,
        account: None,
        remedy: Some(format!("`{}` is not on the PATH; install it: {}", program.name, program.install)),
    }
}
