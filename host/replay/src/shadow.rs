//! Shadows: components in the folder `shadow` below the plugin folder. After a live decision is recorded, each shadow
//! of its kind gets the same question. Its answer is recorded and compared, and decides nothing.
//!
//! No run waits for a shadow. Its calls wait in a bounded queue, run one at a time, and may use a share of one
//! processor (`plugins.shadow_cpu_percent`); calls beyond that are recorded as not made.

use crate::{Changes, Difference, again, shadow_name};
use jackfield_api::Shadowed;
use jackfield_core::folders::Folders;
use jackfield_core::settings::Settings;
use jackfield_plugins::{Plugins, Trial};
use jackfield_store::{NewPluginCall, PluginCall, Store};
use jackfield_types::{Digest, ErrorCode, Operation, PluginKind, Problem, TaskId, Timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Mutex, MutexGuard, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The folder of shadows, below the plugin folder.
pub const FOLDER: &str = "shadow";
/// Decisions that may wait for shadow calls.
const LINE: usize = 64;
/// Most shadow answers that a comparison reads.
const MOST_COMPARED: u32 = 100_000;
/// The recorded error of a call that was not made.
const NOT_ASKED: &str = "not asked: what may be spent on the side was spent";

/// Modification time and size of a file.
type Seen = (Option<SystemTime>, u64);
/// Examined files, with the component of a sound one.
type Known = HashMap<PathBuf, (Seen, Option<Arc<Trial>>)>;

/// The shadows and their queue.
pub struct Shadows {
    known: Mutex<Known>,
    line: Semaphore,
    /// The earliest time of the next call.
    pub turn: Mutex<Instant>,
}

impl Default for Shadows {
    fn default() -> Self {
        Self { known: Mutex::default(), line: Semaphore::new(LINE), turn: Mutex::new(Instant::now()) }
    }
}

/// Calls shadows with the questions that live components answered.
pub struct ShadowCalls {
    folders: Arc<Folders>,
    store: Store,
    plugins: Arc<Plugins>,
    /// The examined shadows and their queue.
    pub shadows: Shadows,
    tasks: TaskTracker,
    stop: CancellationToken,
    settings: Arc<Settings>,
}

impl ShadowCalls {
    /// Creates the calls of the shadows in the plugin folder.
    pub fn new(
        folders: Arc<Folders>,
        store: Store,
        plugins: Arc<Plugins>,
        tasks: TaskTracker,
        stop: CancellationToken,
        settings: Arc<Settings>,
    ) -> Self {
        Self { folders, store, plugins, shadows: Shadows::default(), tasks, stop, settings }
    }

    fn shadow_folder(&self) -> PathBuf {
        self.folders.drop.join(FOLDER)
    }

    /// Queues shadow calls for the decisions just recorded about a task. Returns at once.
    pub fn evaluate_in_background(self: &Arc<Self>, task: TaskId, functions: Vec<String>) {
        if functions.is_empty() || self.stop.is_cancelled() || !self.shadow_folder().is_dir() {
            return;
        }
        let inner = Arc::clone(self);
        self.tasks.spawn(async move {
            for function in functions {
                if let Err(error) = inner.evaluate(task, &function).await {
                    tracing::warn!(%task, function, "what was to be asked on the side was not: {error}");
                }
            }
        });
    }

    async fn evaluate(&self, task: TaskId, function: &str) -> Result<(), jackfield_store::StoreError> {
        let Some(live) = self.store.decisions().last(task, function).await? else { return Ok(()) };
        for trial in self.shadows_of(live.plugin.kind).await {
            if trial.plugin().digest == live.plugin.digest || !is_its_to_answer(&trial, &live) {
                continue;
            }
            let call = match self.shadows.line.try_acquire() {
                Ok(_place) => self.evaluate_in_turn(&trial, &live).await,
                Err(_) => aside(&trial, &live, Value::Null, 0, Some(NOT_ASKED.to_owned())),
            };
            if let Some(call) = call {
                self.store.decisions().record_calls(vec![call]).await?;
            }
        }
        Ok(())
    }

    /// Calls one shadow at a time, with a pause after each call that keeps the share of a processor.
    async fn evaluate_in_turn(&self, trial: &Trial, live: &PluginCall) -> Option<NewPluginCall> {
        let mut turn = self.shadows.turn.lock().await;
        tokio::select! {
            () = self.stop.cancelled() => return None,
            () = tokio::time::sleep_until(*turn) => {}
        }
        let began = Instant::now();
        let answer = again(trial, live).await;
        let took = began.elapsed();
        let share = f64::from(self.settings.config().plugins.shadow_cpu_percent.clamp(1, 100)) / 100.0;
        *turn = Instant::now() + took.mul_f64(1.0 / share - 1.0).min(Duration::from_secs(60));
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        match answer {
            Ok(answer) => aside(trial, live, answer, micros, None),
            Err(why) => aside(trial, live, Value::Null, micros, Some(why)),
        }
    }

    /// The components in the folder. A file is examined when it is new.
    async fn files(&self) -> MutexGuard<'_, Known> {
        let mut known = self.shadows.known.lock().await;
        let found = self::files(&self.shadow_folder());
        known.retain(|file, _| found.contains_key(file));
        for (file, seen) in found {
            if known.get(&file).is_some_and(|(before, _)| *before == seen) {
                continue;
            }
            let trial = match self.plugins.try_file(&file).await {
                Ok(trial) => Some(Arc::new(trial)),
                Err(error) => {
                    tracing::warn!(file = %file.display(), "a shadow cannot be asked: {error}");
                    None
                }
            };
            known.insert(file, (seen, trial));
        }
        known
    }

    /// The sound components in the folder that are of a kind.
    async fn shadows_of(&self, kind: PluginKind) -> Vec<Arc<Trial>> {
        let known = self.files().await;
        let sound = known.values().filter_map(|(_, trial)| trial.clone());
        sound.filter(|trial| trial.plugin().kind == kind).collect()
    }

    /// How shadows compare with the components that served, since then.
    pub async fn compare(&self, since: Timestamp) -> Result<Vec<Shadowed>, Problem> {
        let mut files: BTreeMap<Digest, String> = BTreeMap::new();
        let mut told: BTreeMap<Digest, (Shadowed, Changes)> = BTreeMap::new();
        let entry = |plugin: &jackfield_types::PluginRef| Shadowed {
            component: plugin.clone(),
            file: None,
            decisions: 0,
            same: 0,
            failed: 0,
            changes: Vec::new(),
        };
        for (file, (_, trial)) in &*self.files().await {
            let Some(trial) = trial else { continue };
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.insert(trial.plugin().digest, name);
            told.entry(trial.plugin().digest).or_insert_with(|| (entry(trial.plugin()), Changes::default()));
        }
        let pairs = self.store.decisions().shadowed(since, MOST_COMPARED).await?;
        for (shadow, live) in pairs {
            let (line, changes) = told
                .entry(shadow.plugin.digest)
                .or_insert_with(|| (entry(&shadow.plugin), Changes::default()));
            line.decisions += 1;
            if shadow.error.is_some() {
                line.failed += 1;
                continue;
            }
            match Difference::between(&live, &shadow.answer) {
                None => line.same += 1,
                Some(Difference { from, to }) => changes.count(from, to, live.task),
            }
        }
        let told = told.into_iter().map(|(digest, (line, changes))| Shadowed {
            file: files.remove(&digest),
            changes: changes.told(),
            ..line
        });
        Ok(told.collect())
    }

    /// The file of the shadow with this name: that of the component or of the file.
    pub async fn file(&self, name: &str) -> Result<PathBuf, Problem> {
        let known = self.files().await;
        let mut named = known.iter().filter(|(file, (_, trial))| {
            trial.as_ref().is_some_and(|trial| trial.plugin().name == name)
                || file.file_name().is_some_and(|own| own == name)
        });
        let (code, what) = match (named.next(), named.next()) {
            (Some((file, _)), None) => return Ok(file.clone()),
            (None, _) => (ErrorCode::NoSuchShadow, "no"),
            (Some(_), Some(_)) => (ErrorCode::AmbiguousShadow, "more than one"),
        };
        Err(Problem::caller(
            code,
            format!("there is {what} component '{name}' in {}", self.shadow_folder().display()),
            "name one of the files that the comparison of this folder lists",
        )
        .with(Operation::CompareShadows))
    }

    /// Moves a shadow's file to the plugin folder, where it serves. Returns its path there.
    pub async fn promote(&self, name: &str) -> Result<PathBuf, Problem> {
        let file = self.file(name).await?;
        let target = self.folders.drop.join(file.file_name().unwrap_or_default());
        // In one step, and over an earlier version of the same file: that is what a swap is.
        std::fs::rename(&file, &target).map_err(|error| {
            Problem::operator(
                ErrorCode::NotPromoted,
                format!("{} cannot be moved to {}: {error}", file.display(), target.display()),
                "check the permissions of the plugin folder",
            )
        })?;
        self.plugins.rescan().await?;
        Ok(target)
    }
}

/// A compressor gets only the levels that it offers.
fn is_its_to_answer(trial: &Trial, live: &PluginCall) -> bool {
    let level = live.facts.get("level").and_then(Value::as_str);
    level.is_none_or(|level| trial.levels().iter().any(|own| own.name == level))
}

fn aside(
    trial: &Trial,
    live: &PluginCall,
    answer: Value,
    micros: u64,
    error: Option<String>,
) -> Option<NewPluginCall> {
    Some(NewPluginCall {
        task: live.task,
        run: live.run,
        attempt: live.attempt,
        plugin: trial.plugin().clone(),
        function: shadow_name(&live.function),
        facts: json!({ "of": live.id }),
        answer,
        micros,
        seed: live.seed,
        notes: Vec::new(),
        error,
    })
}

/// The component files in a folder; names that begin with a dot are incomplete.
fn files(folder: &Path) -> HashMap<PathBuf, Seen> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| {
        let file = entry.path();
        let name = file.file_name()?.to_str()?;
        if name.starts_with('.') || file.extension()? != "wasm" {
            return None;
        }
        // Follows links; a folder, a pipe or a device is no component.
        let meta = std::fs::metadata(&file).ok().filter(std::fs::Metadata::is_file)?;
        Some((file, (meta.modified().ok(), meta.len())))
    });
    found.collect()
}
