//! What the operator is shown: every component, and everything about one.

use crate::dropped::Dropped;
use crate::error::PluginError;
use crate::grants::Grant;
use crate::makeup;
use crate::manager::PluginManager;
use crate::report::{CheckReport, FileInspection, Inspection, Makeup, PluginStatus, State, shown};
use crate::version::Version;
use crate::views::ServerView;
use jackfield_types::{PluginKind, PluginRef};
use std::path::Path;
use std::sync::Arc;

/// Versions that serve, embedded ones that wait beneath, and files that are not in service.
pub(crate) fn list(manager: &PluginManager) -> Vec<PluginStatus> {
    let versions: Vec<(Arc<Version>, bool)> = manager
        .slots(|slots| slots.versions().map(|(version, serving)| (version.clone(), serving)).collect());
    let served = manager.served();
    let serving_in = |plugin: &PluginRef| {
        let same =
            |version: &Version| version.plugin().kind == plugin.kind && version.plugin().name == plugin.name;
        versions.iter().find(|(version, serving)| *serving && same(version)).map(|(version, _)| version)
    };
    let mut all = Vec::new();
    for (version, serving) in &versions {
        if *serving {
            let mut status = status(version, State::Serving, put_back(manager, version));
            status.replaces = version.file.as_ref().and_then(|_| manager.replaces(&version.metadata));
            status.asked_for = served.asked_for(version);
            if status.asked_for.is_empty() {
                let other = served.asked_instead_of(&version.metadata);
                let instead = other.map(|other| format!("not in use: {} serves instead", other.plugin()));
                status.reason =
                    status.reason.into_iter().chain(instead).reduce(|all, one| format!("{all}; {one}"));
            }
            all.push(status);
        } else if version.file.is_none() {
            let reason = serving_in(version.plugin()).map(|other| in_its_place(other));
            all.push(status(version, State::Retired, reason));
        }
    }
    for (file, dropped) in manager.files.lock().iter() {
        if dropped.state != State::Serving {
            all.push(of_file(file, dropped, dropped.state, dropped.reason.clone()));
        } else if let Some(plugin) = &dropped.plugin
            && let Some(other) = serving_in(plugin)
            && other.file.as_deref() != Some(file)
        {
            all.push(of_file(file, dropped, State::Retired, Some(in_its_place(other))));
        }
    }
    let orders = manager.orders.now();
    for status in &mut all {
        let pin = |(kind, name): (PluginKind, &String)| orders.pin(kind, name);
        status.pinned = status.kind.zip(status.name.as_ref()).and_then(pin);
    }
    all.sort_by(|one, other| (one.kind, &one.name, one.state).cmp(&(other.kind, &other.name, other.state)));
    all
}

fn in_its_place(other: &Version) -> String {
    format!("{} serves in its place", other.plugin())
}

/// A version can serve though its file now holds something else, or was put away.
fn put_back(manager: &PluginManager, version: &Version) -> Option<String> {
    let file = version.file.as_ref()?;
    let PluginRef { kind, name, digest, .. } = version.plugin();
    if manager.orders.now().pin(*kind, name) == Some(*digest) {
        return Some("pinned".to_owned());
    }
    let files = manager.files.lock();
    let dropped = files.get(file)?;
    (dropped.digest != Some(version.digest()))
        .then(|| format!("goes on serving: what is in {} now is {}", shown(file), dropped.state))
}

fn status(version: &Version, state: State, reason: Option<String>) -> PluginStatus {
    let plugin = version.plugin();
    let figures = version.figures();
    PluginStatus {
        kind: Some(plugin.kind),
        name: Some(plugin.name.clone()),
        version: Some(plugin.version.clone()),
        digest: Some(plugin.digest),
        file: version.file.clone(),
        state,
        reason,
        missing: Grant::default(),
        pinned: None,
        replaces: None,
        compiled: (state == State::Serving).then(|| version.code().compiled),
        calls: figures.calls,
        failures: figures.failures(),
        figures: Some(figures),
        since: version.since,
        asked_for: Vec::new(),
    }
}

/// What another process is shown.
pub(crate) fn view(manager: &PluginManager) -> ServerView {
    ServerView {
        process: std::process::id(),
        folder: shown(&manager.drop_folder),
        at: manager.clock.now(),
        plugins: list(manager),
    }
}

fn of_file(file: &Path, dropped: &Dropped, state: State, reason: Option<String>) -> PluginStatus {
    let plugin = dropped.plugin.as_ref();
    PluginStatus {
        kind: plugin.map(|plugin| plugin.kind),
        name: plugin.map(|plugin| plugin.name.clone()),
        version: plugin.map(|plugin| plugin.version.clone()),
        digest: dropped.digest,
        file: Some(file.to_owned()),
        state,
        reason,
        missing: dropped.missing.clone(),
        pinned: None,
        replaces: dropped.replaces.clone(),
        compiled: None,
        calls: 0,
        failures: 0,
        figures: None,
        since: dropped.since,
        asked_for: Vec::new(),
    }
}

pub(crate) fn inspect(
    manager: &PluginManager,
    kind: Option<PluginKind>,
    name: &str,
) -> Result<Inspection, PluginError> {
    let (version, before) = serving(manager, kind, name)?;
    let metadata = &version.metadata;
    let plugin = version.plugin();
    let mut status = status(&version, State::Serving, put_back(manager, &version));
    status.replaces = version.file.as_ref().and_then(|_| manager.replaces(metadata));
    status.asked_for = manager.served().asked_for(&version);
    status.pinned = manager.orders.now().pin(plugin.kind, &plugin.name);
    Ok(Inspection {
        status,
        summary: metadata.summary.clone(),
        imports: metadata.imports.clone(),
        exports: metadata.exports.clone(),
        asks: metadata.asks(),
        granted: metadata.asks().within(&manager.granted(plugin)),
        granted_to_name: manager.granted_by_operator(plugin.kind, &plugin.name),
        runs_as_command: metadata.runs_as_command,
        limits: version.limits,
        makeup: makeup(manager, &version),
        description: metadata.description().cloned(),
        settings: Vec::new(),
        levels: metadata.levels().to_vec(),
        dimensions: metadata.dimensions().to_vec(),
        gates: metadata.gates().to_vec(),
        before,
    })
}

/// Read from the bytes that are kept under its digest.
fn makeup(manager: &PluginManager, version: &Version) -> Makeup {
    let file = manager.folder.component(version.digest());
    std::fs::read(file).map(|bytes| makeup::of(&bytes)).unwrap_or_default()
}

/// Everything about a file that need not be in service.
pub(crate) fn file(manager: &PluginManager, bytes: &[u8], check: CheckReport) -> FileInspection {
    let granted = check.plugin.as_ref().map(|plugin| check.asks.within(&manager.granted(plugin)));
    FileInspection {
        granted: granted.unwrap_or_default(),
        limits: check.plugin.as_ref().map(|plugin| *manager.limits.of(plugin.kind, &plugin.name)),
        makeup: makeup::of(bytes),
        check,
    }
}

/// What serves under a name, and what did before it.
pub(crate) fn serving(
    manager: &PluginManager,
    kind: Option<PluginKind>,
    name: &str,
) -> Result<(Arc<Version>, Vec<PluginRef>), PluginError> {
    let kinds = kind.map_or_else(|| PluginKind::ALL.to_vec(), |kind| vec![kind]);
    let found = manager.slots(|slots| {
        let serving = kinds.iter().find_map(|kind| slots.serving(*kind, name).cloned())?;
        let before = slots.before(serving.plugin().kind, name).to_vec();
        Some((serving, before))
    });
    found.ok_or_else(|| {
        let known = manager.slots(|slots| {
            let wanted = |version: &&Arc<Version>| kinds.contains(&version.plugin().kind);
            let serving = slots.versions().filter(|(_, serving)| *serving).map(|(version, _)| version);
            serving.filter(wanted).map(|version| version.plugin().name.clone()).collect()
        });
        PluginError::NotServing { kind, name: name.to_owned(), known }
    })
}
