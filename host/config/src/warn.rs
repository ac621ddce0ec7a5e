//! What can be read and cannot be meant: folders that are not there, names that nobody answers to, limits
//! that contradict each other, secrets in the wrong place.

use super::check::Fault;
use super::keys::Key;
use super::secrets::{is_secret_name, looks_secret};
use super::served::Served;
use super::{Config, WorkspaceSection};
use jackfield_plugins::Grant;
use jackfield_types::PluginKind;
use std::collections::BTreeMap;
use std::path::Path;

/// Everything that is worth a second look. `is_set` tells what somebody wrote from what is so by default.
pub(super) fn warnings(config: &Config, served: &Served, is_set: &dyn Fn(&Key) -> bool) -> Vec<Fault> {
    let mut doubts = Doubts(Vec::new());
    doubts.money(config);
    doubts.at_once(config, is_set);
    doubts.executors(config, served);
    doubts.ladder(config, served);
    doubts.plugins(config, served);
    doubts.gates(config, served);
    doubts.workspaces(config);
    doubts.0
}

struct Doubts(Vec<Fault>);

impl Doubts {
    fn add(&mut self, key: Key, said: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Fault { key, said: said.into(), remedy: remedy.into() });
    }
    /// Limits of which one can never be reached, and reservations that fit into none.
    fn money(&mut self, config: &Config) {
        let (breaker, section) = (&config.breaker, Key::of("breaker"));
        let (day, day_key) = (breaker.day_usd, section.then("day_usd"));
        let mut within: Vec<_> =
            [("task_usd", breaker.task_usd), ("workspace_day_usd", breaker.workspace_day_usd)]
                .into_iter()
                .filter_map(|(name, amount)| Some((section.then(name), amount?)))
                .collect();
        let executors = section.then("executor_day_usd");
        within.extend(breaker.executor_day_usd.iter().map(|(name, amount)| (executors.then(name), *amount)));
        let tokens = section.then("token_day_usd");
        within.extend(breaker.token_day_usd.iter().map(|(name, amount)| (tokens.then(name), *amount)));
        for (key, amount) in within.iter().filter(|(_, amount)| *amount > day) {
            self.add(
                key.clone(),
                format!("{key} is {amount}, and breaker.day_usd ends the day at {day}"),
                format!("it is never reached: give at most {day}, or raise breaker.day_usd"),
            );
        }
        if breaker.month_usd < day {
            self.add(
                section.then("month_usd"),
                format!("breaker.month_usd is {}, less than the {day} of one day", breaker.month_usd),
                "raise it, or lower breaker.day_usd",
            );
        }
        let limits = within.iter().map(|(key, amount)| (key, *amount)).chain([(&day_key, day)]);
        for (key, amount) in limits.filter(|(_, amount)| *amount < breaker.reserve_usd) {
            self.add(
                section.then("reserve_usd"),
                format!("breaker.reserve_usd is {}, and {key} allows {amount}", breaker.reserve_usd),
                "no attempt could start within that limit: reserve less",
            );
        }
        for (name, section) in &config.executors {
            let Some(reserve) = section.reserve_usd.filter(|reserve| *reserve > day) else { continue };
            let key = Key::of("executors").then(name).then("reserve_usd");
            self.add(
                key.clone(),
                format!("{key} is {reserve}, and breaker.day_usd allows {day}"),
                "no attempt of it could start: reserve less",
            );
        }
    }

    /// Bounds beyond another bound, where somebody wrote them.
    fn at_once(&mut self, config: &Config, is_set: &dyn Fn(&Key) -> bool) {
        let most = u64::try_from(config.run.max_concurrent).unwrap_or(u64::MAX);
        let executors = config.executors.iter().map(|(name, section)| {
            (Key::of("executors").then(name).then("slots"), Some(u64::from(section.slots)))
        });
        let workspaces = config.workspaces.iter().map(|(name, section)| {
            (Key::of("workspaces").then(name).then("max_concurrent"), section.max_concurrent.map(u64::from))
        });
        for (key, own) in executors.chain(workspaces).filter(|(key, _)| is_set(key)) {
            let Some(own) = own.filter(|own| *own > most) else { continue };
            self.add(
                key.clone(),
                format!("{key} is {own}, and run.max_concurrent lets {most} be at work in all"),
                "raise run.max_concurrent, or lower this",
            );
        }
        let idle = Key::of("run.idle_s");
        if config.run.idle_s > config.run.timeout_s && is_set(&idle) {
            self.add(
                idle,
                format!(
                    "run.idle_s is {}, and run.timeout_s ends every attempt after {}",
                    config.run.idle_s, config.run.timeout_s
                ),
                "raise run.timeout_s, or lower this",
            );
        }
    }

    fn executors(&mut self, config: &Config, served: &Served) {
        for (name, section) in &config.executors {
            let key = Key::of("executors").then(name);
            if !served.executors.contains(name) {
                self.add(
                    key.clone(),
                    format!("[{key}]: no component serves an executor '{name}'"),
                    nearest(name, served),
                );
            }
            self.settings(&key.then("settings"), &section.settings);
        }
        for name in config.breaker.executor_day_usd.keys() {
            let is_rung = config.ladder.iter().any(|rung| rung.name == *name);
            if !served.executors.contains(name) && !is_rung {
                self.add(
                    Key::of("breaker.executor_day_usd").then(name),
                    format!("breaker.executor_day_usd limits '{name}', which no component serves"),
                    nearest(name, served),
                );
            }
        }
    }

    fn ladder(&mut self, config: &Config, served: &Served) {
        for (at, rung) in config.ladder.iter().enumerate() {
            let key = Key::of("ladder").at(at);
            let (name, executor) = (&rung.name, &rung.executor);
            if !served.executors.contains(executor) {
                self.add(
                    key.then("executor"),
                    format!("the rung '{name}' needs the executor '{executor}', which no component serves"),
                    nearest(executor, served),
                );
            } else if config.executors.get(executor).is_some_and(|section| !section.enabled) {
                self.add(
                    key.then("executor"),
                    format!("the rung '{name}' needs the executor '{executor}', which is switched off"),
                    format!("set executors.{executor}.enabled = true, or take the rung away"),
                );
            }
            if served.executors.contains(name) {
                self.add(
                    key.then("name"),
                    format!("the rung '{name}' is called like an executor that was dropped in"),
                    "give it another name: limits and cool-downs could not be told apart",
                );
            }
            self.settings(&key.then("settings"), &rung.settings);
        }
    }

    /// Settings are handed to a component and recorded.
    fn settings(&mut self, section: &Key, settings: &BTreeMap<String, String>) {
        for (name, value) in settings {
            if !value.is_empty() && (is_secret_name(name) || looks_secret(value)) {
                self.add(
                    section.then(name),
                    format!("{} looks like a secret, and settings are recorded", section.then(name)),
                    format!(
                        "write it into {}, which is not, and name it there",
                        section.parent().then("environment")
                    ),
                );
            }
        }
    }

    fn plugins(&mut self, config: &Config, served: &Served) {
        if let Some(folder) = &config.plugins.folder {
            let key = Key::of("plugins.folder");
            let said = |what| format!("plugins.folder: {} {what}", folder.display());
            match std::fs::metadata(folder) {
                Err(_) => self.add(
                    key,
                    said("is not there"),
                    "create the folder, or correct the path; the host would create it empty",
                ),
                Ok(found) if !found.is_dir() => self.add(key, said("is no folder"), "name a folder"),
                Ok(_) if folder.is_relative() => {
                    self.add(key, said("depends on where the host is started"), "write the whole path");
                }
                Ok(_) => {}
            }
        }
        if let Some(chooser) = config.plugins.chooser.as_ref().filter(|name| !served.choosers.contains(*name))
        {
            self.add(
                Key::of("plugins.chooser"),
                format!("no component is a chooser called '{chooser}'"),
                format!("there is: {}", list(&served.choosers)),
            );
        }
        let limits = &config.plugins.limits;
        for (kind, limits) in [
            (PluginKind::Executor, limits.executor),
            (PluginKind::Chooser, limits.chooser),
            (PluginKind::Compressor, limits.compressor),
            (PluginKind::Judge, limits.judge),
        ] {
            let bounds = [("host_calls", limits.host_calls.is_some()), ("host_mb", limits.host_mb.is_some())];
            for (name, _) in bounds.into_iter().filter(|(_, set)| *set) {
                let key = Key::of("plugins.limits").then(kind.as_str()).then(name);
                let said = format!("{key} bounds what no {kind} does");
                self.add(key, said, "only gates ask the host for evidence: take it away");
            }
        }
        for (kind, names) in &config.grants.0 {
            for (name, grant) in names {
                let key = Key::of("grants").then(kind.as_str()).then(name);
                self.grant(key, *kind, name, grant, served);
            }
        }
    }

    /// Grants to nobody, and of what is not there to be granted.
    fn grant(&mut self, key: Key, kind: PluginKind, name: &str, grant: &Grant, served: &Served) {
        let there = match kind {
            PluginKind::Executor if served.executors.contains(name) => true,
            PluginKind::Gate if served.gates.contains(name) => true,
            PluginKind::Executor => {
                let said = format!("{key}: no component serves an executor '{name}'");
                self.add(key.clone(), said, nearest(name, served));
                false
            }
            PluginKind::Gate => {
                let there =
                    format!("there is: {} (or drop in a component of that name)", list(&served.gates));
                self.add(key.clone(), format!("{key}: no component of gates is called '{name}'"), there);
                false
            }
            PluginKind::Chooser | PluginKind::Compressor | PluginKind::Judge => {
                let said = format!("{key}: a {kind} can be granted nothing");
                self.add(key.clone(), said, "take it away: only executors and gates ask for anything");
                false
            }
        };
        if there && kind == PluginKind::Gate {
            if !grant.programs.is_empty() || !grant.environment.is_empty() {
                let said = format!("{key}: a gate starts no program, and is given no variable");
                self.add(key.clone(), said, "grant it `imports = [\"evidence\"]` and nothing else");
            }
            for import in grant.imports.iter().filter(|import| *import != "evidence") {
                let said = format!("{key}: a gate cannot import '{import}'");
                self.add(
                    key.then("imports"),
                    said,
                    "a gate can be granted \"evidence\", to look at worktrees",
                );
            }
        }
    }

    /// Gates that everybody is held to, of a kind that nobody has: no task could be handed in.
    fn gates(&mut self, config: &Config, served: &Served) {
        let everywhere = config.run.gates.iter().map(|gate| (Key::of("run.gates"), gate));
        let own = config.workspaces.iter().flat_map(|(name, section)| {
            let key = Key::of("workspaces").then(name).then("gates");
            section.gates.iter().map(move |gate| (key.clone(), gate))
        });
        for (key, gate) in everywhere.chain(own) {
            if !served.gate_kinds.contains(&gate.kind) {
                let known: Vec<_> = served.gate_kinds.iter().map(String::as_str).collect();
                let remedy = super::words::suggestion(&gate.kind, &known);
                self.add(key.clone(), format!("{key}: no component has a gate '{}'", gate.kind), remedy);
            }
        }
    }

    fn workspaces(&mut self, config: &Config) {
        if let Some(folder) = &config.run.workspace {
            self.folder(Key::of("run.workspace"), folder, false);
        }
        for root in &config.run.roots {
            self.folder(Key::of("run.roots"), root, false);
        }
        let mut paths = BTreeMap::new();
        for (name, section) in &config.workspaces {
            let key = Key::of("workspaces").then(name);
            let WorkspaceSection { path, repo, .. } = section;
            self.folder(key.then("path"), path, repo.is_some());
            if let Some(other) = paths.insert(path.clone(), name) {
                self.add(
                    key.then("path"),
                    format!("{} is {}, as workspaces.{other}.path is", key.then("path"), path.display()),
                    "one folder is one workspace: keep one of the names",
                );
            }
        }
    }

    fn folder(&mut self, key: Key, path: &Path, has_repo: bool) {
        let said = |what: &str| format!("{key}: {} {what}", path.display());
        if path.as_os_str().is_empty() {
            return;
        }
        let (what, remedy) = match std::fs::metadata(path) {
            _ if path.starts_with("~") => ("is not there", "write the home folder out: `~` is not read here"),
            Err(_) => ("is not there", "correct the path, or clone the repository there"),
            Ok(found) if !found.is_dir() => ("is no folder", "name a repository or a folder"),
            Ok(_) if path.is_relative() => ("depends on where the host is started", "write the whole path"),
            Ok(_) if has_repo && !is_repository(path) => {
                ("is no git repository", "clone the repository there, or take `repo` away")
            }
            Ok(_) => return,
        };
        let said = said(what);
        self.add(key, said, remedy);
    }
}

/// Whether git finds a repository here: its own, one around it, or a bare one.
fn is_repository(path: &Path) -> bool {
    let around = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    // An empty folder `.git`, which some sandboxes leave behind, is passed over by git too.
    let is_git_folder = |folder: &Path| folder.join("HEAD").exists() && folder.join("objects").is_dir();
    let has_repository = |folder: &Path| folder.join(".git").is_file() || is_git_folder(&folder.join(".git"));
    around.ancestors().any(has_repository) || is_git_folder(path)
}

fn nearest(name: &str, served: &Served) -> String {
    let known: Vec<_> = served.executors.iter().map(String::as_str).collect();
    format!("{} (or drop in a component of that name)", super::words::suggestion(name, &known))
}

fn list(names: &std::collections::BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(toml: &str) -> Vec<String> {
        let served = Served {
            executors: ["claude", "shell", "mine"].map(str::to_owned).into(),
            choosers: ["chooser".to_owned()].into(),
            gates: ["gates".to_owned()].into(),
            gate_kinds: ["file_exists", "command"].map(str::to_owned).into(),
            ..Served::default()
        };
        let config: Config = toml::from_str(toml).unwrap();
        assert_eq!(crate::check(&config), Vec::new(), "{toml}");
        let set = |key: &Key| toml.contains(key.name().unwrap());
        warnings(&config, &served, &set).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn sound_configuration_has_no_warning() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(".git/objects")).unwrap();
        std::fs::write(folder.path().join(".git/HEAD"), "ref: refs/heads/main").unwrap();
        let path = folder.path().display();
        let plain = format!(
            "[run]\nworkspace = '{path}'\n[workspaces.site]\npath = '{path}'\nrepo = 'acme/site'\n\
             [plugins]\nfolder = '{path}'\n[executors.claude.settings]\nmax_turns = '9'\n\
             [executors.claude.environment]\nANTHROPIC_API_KEY = 'sk-ant-0123456789abcdef'\n\
             [[ladder]]\nname = 'far'\nexecutor = 'claude'\nsettings = {{ auth_token_from = 'DEEPSEEK_API_KEY' }}\n\
             [breaker.executor_day_usd]\nfar = 1\nclaude = 2\n"
        );
        assert_eq!(warned(&plain), Vec::<String>::new());
        assert_eq!(warned(""), Vec::<String>::new());
        // What is so by default does not contradict what was set.
        assert_eq!(
            warned("[run]\nmax_concurrent = 1\ntimeout_s = 60\n[executors.claude]\nmodel = 'x'"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_implausible_setting_is_a_warning_with_a_fix() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        let path = folder.path().display();
        for (toml, said) in [
            (format!("[workspaces.site]\npath = '{path}/none'"), "workspaces.site.path: "),
            (format!("[workspaces.site]\npath = '{path}/file'"), "is no folder"),
            (format!("[workspaces.site]\npath = '{path}'\nrepo = 'a/b'"), "is no git repository"),
            ("[workspaces.site]\npath = '~/site'".into(), "write the home folder out"),
            ("[workspaces.site]\npath = '.'".into(), "write the whole path"),
            (format!("[workspaces.a]\npath = '{path}'\n[workspaces.b]\npath = '{path}'"), "as workspaces.a.path is"),
            (format!("[run]\nworkspace = '{path}/none'"), "run.workspace: "),
            (format!("[run]\nroots = ['{path}', '{path}/none']"), "run.roots: "),
            (format!("[plugins]\nfolder = '{path}/none'"), "plugins.folder: "),
            (format!("[plugins]\nfolder = '{path}/file'"), "is no folder"),
            ("[plugins]\nchooser = 'policy'".into(), "there is: chooser"),
            ("[executors.cluade]".into(), "did you mean `claude`?"),
            ("[executors.agy]".into(), "there is: claude, mine, shell"),
            ("[grants]\nexecutor.agy = { programs = ['agy'] }".into(), "grants.executor.agy"),
            ("[grants]\ngate.mine = { imports = ['evidence'] }".into(), "there is: gates"),
            ("[grants]\ngate.gates = { programs = ['sh'] }".into(), "a gate starts no program"),
            ("[grants]\ngate.gates = { imports = ['secrets'] }".into(), "a gate cannot import 'secrets'"),
            ("[grants]\njudge.mine = { imports = ['evidence'] }".into(), "a judge can be granted nothing"),
            ("[plugins.limits.judge]\nhost_calls = 5".into(), "bounds what no judge does"),
            ("[[run.gates]]\nkind = 'file_exist'\nconfig = {}".into(), "did you mean `file_exists`?"),
            (
                format!("[workspaces.site]\npath = '{path}'\ngates = [{{ kind = 'lint', config = {{}} }}]"),
                "workspaces.site.gates: no component has a gate 'lint'",
            ),
            ("[breaker.executor_day_usd]\ncluade = 1".into(), "did you mean `claude`?"),
            ("[[ladder]]\nname = 'far'\nexecutor = 'gemnii'".into(), "the rung 'far' needs the executor 'gemnii'"),
            ("[[ladder]]\nname = 'far'\nexecutor = 'claude'\n[executors.claude]\nenabled = false".into(), "switched off"),
            ("[[ladder]]\nname = 'mine'\nexecutor = 'claude'".into(), "dropped in"),
            ("[breaker]\ntask_usd = 21".into(), "it is never reached"),
            ("[breaker]\nworkspace_day_usd = 21".into(), "it is never reached"),
            ("[breaker.executor_day_usd]\nclaude = 21".into(), "it is never reached"),
            ("[breaker]\nmonth_usd = 10".into(), "less than the $20.00 of one day"),
            ("[breaker]\nreserve_usd = 21".into(), "no attempt could start"),
            ("[breaker]\ntask_usd = 0.4".into(), "breaker.task_usd allows $0.40"),
            ("[executors.claude]\nreserve_usd = 21".into(), "no attempt of it could start"),
            ("[executors.claude]\nslots = 3".into(), "lets 2 be at work in all"),
            (format!("[workspaces.a]\npath = '{path}'\nmax_concurrent = 3"), "lets 2 be at work in all"),
            ("[run]\nidle_s = 200".into(), "run.timeout_s ends every attempt after 180"),
            ("[executors.claude.settings]\napi_key = 'x'".into(), "looks like a secret"),
            (
                "[[ladder]]\nname = 'far'\nexecutor = 'claude'\nsettings = { header = 'Bearer ghp_0123456789abcdef' }".into(),
                "write it into ladder[0].environment",
            ),
        ] {
            let warned = warned(&toml);
            assert!(warned.len() == 1 && warned[0].contains(said), "{toml}: {warned:#?}");
            assert!(!warned[0].contains("ghp_"), "{warned:?}");
        }
    }
}
