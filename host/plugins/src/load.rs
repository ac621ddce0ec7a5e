//! The drop folder, from files to versions that serve, and back when a file goes.
//!
//! Invariants: one file is taken at a time; the bytes that were read once are the bytes that are
//! kept, examined and served; whatever happens to a file, what served before goes on serving until a
//! sound component takes its place.

use crate::compile::Origin;
use crate::dropped::Dropped;
use crate::error::PluginError;
use crate::examine::{Sound, Steps};
use crate::files::digest_of;
use crate::grants::Grant;
use crate::manager::PluginManager;
use crate::notes;
use crate::report::{Change, Replaces, State, StepTime};
use crate::settle::{Entry, Settling, settle};
use crate::signature;
use crate::stamp::Mark;
use crate::version::Version;
use jackfield_types::{Digest, PluginRef};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the drop folder may be gone before it is taken for empty.
const MOMENT: Duration = Duration::from_secs(1);

impl PluginManager {
    /// Looks at every file once. `closed` are files that are known to be complete. True: some are
    /// still being written, and are to be looked at again.
    pub(crate) async fn scan(self: &Arc<Self>, closed: &BTreeSet<PathBuf>) -> Result<bool, PluginError> {
        let _alone = self.loading.lock().await;
        let Some(entries) = self.entries()? else { return Ok(true) };
        let there: BTreeSet<_> = entries.iter().map(|(file, _)| file.clone()).collect();
        let known: Vec<_> = self.files.lock().keys().cloned().collect();
        for gone in known.iter().filter(|file| !there.contains(*file)) {
            self.retire(gone);
        }
        let mut files = Vec::new();
        for (file, entry) in entries {
            match entry {
                Entry::File(mark) => files.push((file, mark)),
                Entry::Odd { why, gone } => self.pass_over(&file, &why, gone),
                Entry::Gone => {}
            }
        }
        // Those that changed last at the end: the newest has the last word.
        files.sort_by(|one, other| (one.1.file.changed, &one.0).cmp(&(other.1.file.changed, &other.0)));
        let mut waiting = false;
        for (file, mark) in files {
            let Some(unchanged) = self.notice(&file, mark) else { continue };
            let told = closed.contains(&file);
            let (path, manager) = (file.clone(), self.clone());
            let settled = tokio::task::spawn_blocking(move || settle(&path, mark, unchanged, told)).await;
            match settled.unwrap_or_else(|error| Settling::Unreadable(error.to_string())) {
                Settling::Waiting => waiting = true,
                Settling::Unreadable(why) => manager.refuse(&file, None, State::Rejected, &why, Vec::new()),
                Settling::Complete(bytes) => manager.take(&file, bytes, unchanged).await,
            }
            self.restore(&file).await;
        }
        Ok(waiting)
    }

    /// What lies in the drop folder under the names of components. None: the folder has been gone for a moment,
    /// and may be about to be replaced; one that stays away is empty.
    fn entries(&self) -> Result<Option<Vec<(PathBuf, Entry)>>, PluginError> {
        let failed = |source| PluginError::Io { what: "cannot read", path: self.drop_folder.clone(), source };
        let found = match std::fs::read_dir(&self.drop_folder) {
            Ok(found) => found,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(self.is_missing().then(Vec::new));
            }
            Err(error) => return Err(failed(error)),
        };
        if self.missing.lock().take().is_some() {
            tracing::info!("the plugin folder {} is there again", self.drop_folder.display());
        }
        let mut entries = Vec::new();
        for entry in found {
            let file = entry.map_err(failed)?.path();
            let hidden = file.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
            let Some(ending) = file.extension().filter(|ending| ending.eq_ignore_ascii_case("wasm")) else {
                continue;
            };
            if hidden {
                continue;
            }
            let entry = match Entry::of(&file) {
                Entry::File(_) if ending != "wasm" => {
                    Entry::Odd { why: "its name must end in .wasm, in small letters".to_owned(), gone: false }
                }
                entry => entry,
            };
            entries.push((file, entry));
        }
        Ok(Some(entries))
    }

    /// Whether the drop folder has been missing for longer than a replacement takes.
    fn is_missing(&self) -> bool {
        let mut missing = self.missing.lock();
        if missing.is_none() {
            tracing::warn!(
                "the plugin folder {} is gone; what came from it goes out of service, unless it is back within {MOMENT:?}",
                self.drop_folder.display()
            );
        }
        missing.get_or_insert_with(Instant::now).elapsed() >= MOMENT
    }

    /// Notes what a file looks like now. None: it was dealt with, and is as it was.
    fn notice(&self, file: &Path, mark: Mark) -> Option<Duration> {
        let mut files = self.files.lock();
        let known = files.get_mut(file);
        match known {
            Some(dropped) if dropped.mark == mark => {
                (dropped.state == State::Settling).then(|| dropped.changed.elapsed())
            }
            Some(dropped) => {
                dropped.mark = mark;
                dropped.changed = Instant::now();
                dropped.state = State::Settling;
                dropped.reason = None;
                dropped.since = self.clock.now();
                Some(Duration::ZERO)
            }
            None => {
                let dropped = Dropped::seen(mark, State::Settling, self.clock.now());
                files.insert(file.to_owned(), dropped);
                Some(Duration::ZERO)
            }
        }
    }

    /// Says once of something that cannot be taken why not. `gone`: what was under this name is not there any more.
    fn pass_over(&self, file: &Path, why: &str, gone: bool) {
        let known = self
            .files
            .lock()
            .get(file)
            .map(|dropped| dropped.mark == Mark::default() && dropped.reason.as_deref() == Some(why));
        match known {
            Some(true) => return,
            Some(false) if gone => self.retire(file),
            _ => {}
        }
        let dropped = Dropped::seen(Mark::default(), State::Rejected, self.clock.now());
        self.files.lock().insert(file.to_owned(), dropped);
        self.refuse(file, None, State::Rejected, why, Vec::new());
    }

    /// One complete file, all the way.
    async fn take(self: &Arc<Self>, file: &Path, bytes: Arc<[u8]>, settling: Duration) {
        let digest = digest_of(&bytes);
        let signature = signature::beside(file);
        if let Some(fault) = self.keys.fault(&bytes, signature.as_deref()) {
            let why = format!("{}: {fault}", State::CheckingSignature);
            return self.refuse(file, Some(digest), State::Rejected, &why, Vec::new());
        }
        let same = self.files.lock().get(file).is_some_and(|dropped| dropped.digest == Some(digest));
        if same && self.serves(file, digest) {
            return self.set(file, State::Serving, None);
        }
        if let Some(why) = self.folder.quarantined(digest) {
            let why = format!("these very bytes were put away: {why}");
            return self.refuse(file, Some(digest), State::Quarantined, &why, Vec::new());
        }
        if let Err(error) = self.folder.keep(digest, &bytes, signature.as_deref()) {
            return self.refuse(file, Some(digest), State::Rejected, &error.to_string(), Vec::new());
        }
        let tell = |state| self.set(file, state, None);
        let mut steps = Steps::telling(&tell);
        let micros = u64::try_from(settling.as_micros()).unwrap_or(u64::MAX);
        steps.times.push(StepTime { step: State::Settling, micros });
        let examined = self.examiner(Origin::Foreign).examine(&bytes, &mut steps).await;
        let sound = match examined {
            Ok(sound) => sound,
            Err(refusal) => {
                let why = format!("{}: {}", refusal.step, refusal.reason);
                return self.refuse(file, Some(digest), State::Rejected, &why, steps.times);
            }
        };
        steps.begin(State::CheckingGrants);
        let missing = self.ungranted(&sound.metadata);
        steps.end();
        let times = steps.times;
        let plugin = &sound.metadata.plugin;
        if !missing.is_empty() {
            let replaces = self.replaces(&sound.metadata);
            self.hold(file, plugin, &ungranted(&missing, plugin, replaces.as_ref()), times);
            self.wants(file, missing, replaces);
        } else if let Some(why) = self.barred(plugin) {
            self.hold(file, plugin, &why, times);
        } else {
            self.serve(file, sound, times);
        }
    }

    /// What a file brought into service before this host began serves on, while what is in the file
    /// now does not.
    async fn restore(self: &Arc<Self>, file: &Path) {
        let any = self.slots(|slots| slots.versions().any(|(version, _)| version.is_from(file)));
        let Some(digest) = self.folder.last_good(file).filter(|_| !any) else { return };
        if self.folder.quarantined(digest).is_some() {
            return;
        }
        let bytes = tokio::fs::read(self.folder.component(digest)).await;
        let Ok(bytes) = bytes else { return self.folder.set_last_good(file, None) };
        // Whose key is not trusted any more goes out of service, and comes back with the trust.
        if self.keys.fault(&bytes, self.folder.signature(digest).as_deref()).is_some() {
            return;
        }
        let examined =
            self.examiner(Origin::Foreign).examine(&bytes.into(), &mut Steps::telling(&|_| {})).await;
        let Ok(sound) = examined else { return self.folder.set_last_good(file, None) };
        if self.ungranted(&sound.metadata).is_empty() && self.barred(&sound.metadata.plugin).is_none() {
            let (version, until_now) = self.publish(sound.metadata, sound.code, Some(file.to_owned()));
            let plugin = version.plugin();
            let why = format!("{plugin} goes on serving: what is in its file now does not");
            let mut event =
                self.file_event(Change::Serving, file, Some(plugin), Some(digest), why, Vec::new());
            event.from = until_now.map(|until_now| until_now.digest());
            self.tell(event);
        }
    }

    fn serve(self: &Arc<Self>, file: &Path, sound: Sound, steps: Vec<StepTime>) {
        let (version, until_now) = self.publish(sound.metadata, sound.code, Some(file.to_owned()));
        let plugin = version.plugin();
        // Whoever reads the state looks for the note, so here and below the note is right before the state changes.
        notes::remove(file);
        self.note(file, State::Serving, None, Some(plugin), Some(plugin.digest));
        self.folder.set_last_good(file, Some(plugin.digest));
        let why = match &until_now {
            Some(until_now) => format!("{plugin} takes the place of {}", until_now.plugin()),
            None => format!("{plugin} is new"),
        };
        let digest = Some(plugin.digest);
        let mut event = self.file_event(Change::Serving, file, Some(plugin), digest, why, steps);
        event.from = until_now.map(|until_now| until_now.digest());
        self.tell(event);
    }

    /// Sound, and not to serve as things stand; the note beside the file says why.
    pub(crate) fn hold(&self, file: &Path, plugin: &PluginRef, why: &str, steps: Vec<StepTime>) {
        notes::hold(file, why);
        self.note(file, State::Held, Some(why), Some(plugin), Some(plugin.digest));
        let digest = Some(plugin.digest);
        let mut event = self.file_event(Change::Held, file, Some(plugin), digest, why.to_owned(), steps);
        let serving = self.slots(|slots| slots.serving(plugin.kind, &plugin.name).cloned());
        event.from = serving.map(|serving| serving.digest());
        self.tell(event);
    }

    /// Not taken; the note beside the file says why.
    pub(crate) fn refuse(
        &self,
        file: &Path,
        digest: Option<Digest>,
        state: State,
        why: &str,
        steps: Vec<StepTime>,
    ) {
        let serving = self.slots(|slots| {
            let of_file = |(version, serving): &(&Arc<Version>, bool)| *serving && version.is_from(file);
            slots.versions().find(of_file).map(|(version, _)| version.plugin().clone())
        });
        notes::refuse(file, why, serving.as_ref());
        self.note(file, state, Some(why), None, digest);
        let mut event = self.file_event(Change::Rejected, file, None, digest, why.to_owned(), steps);
        event.from = serving.map(|serving| serving.digest);
        self.tell(event);
    }

    /// The file is gone, and what came in it goes out of service.
    fn retire(&self, file: &Path) {
        self.files.lock().remove(file);
        self.folder.set_last_good(file, None);
        notes::remove(file);
        let gone = self.change(|slots| slots.take_off(file));
        self.write_lock();
        for (gone, now) in gone {
            let why = match &now {
                Some(now) => format!("its file was taken away; {} serves again", now.plugin()),
                None => "its file was taken away".to_owned(),
            };
            let mut event = self.event(Change::Retired, gone.plugin(), why);
            event.file = Some(file.to_owned());
            event.from = Some(gone.digest());
            event.to = now.map(|now| now.digest());
            self.tell(event);
        }
    }

    fn serves(&self, file: &Path, digest: Digest) -> bool {
        self.slots(|slots| {
            slots
                .versions()
                .any(|(version, serving)| serving && version.is_from(file) && version.digest() == digest)
        })
    }

    pub(crate) fn set(&self, file: &Path, state: State, reason: Option<&str>) {
        if let Some(dropped) = self.files.lock().get_mut(file) {
            dropped.state = state;
            dropped.reason = reason.map(str::to_owned);
            dropped.since = self.clock.now();
        }
    }

    fn note(
        &self,
        file: &Path,
        state: State,
        reason: Option<&str>,
        plugin: Option<&PluginRef>,
        digest: Option<Digest>,
    ) {
        self.set(file, state, reason);
        if let Some(dropped) = self.files.lock().get_mut(file) {
            dropped.missing = Grant::default();
            dropped.replaces = None;
            dropped.plugin = plugin.cloned();
            dropped.digest = digest;
        }
    }

    /// Records what a held component waits for, and what it would serve in the place of.
    pub(crate) fn wants(&self, file: &Path, missing: Grant, replaces: Option<Replaces>) {
        if let Some(dropped) = self.files.lock().get_mut(file) {
            dropped.missing = missing;
            dropped.replaces = replaces;
        }
    }

    /// Has the next scan look again at files that it was done with.
    pub(crate) fn look_again(&self, at: impl Fn(&Dropped) -> bool) {
        for dropped in self.files.lock().values_mut().filter(|dropped| at(dropped)) {
            dropped.state = State::Settling;
            dropped.reason = None;
        }
    }
}

/// What is said of a component that asks for more than it was granted.
pub(crate) fn ungranted(missing: &Grant, plugin: &PluginRef, replaces: Option<&Replaces>) -> String {
    let (kind, name) = (plugin.kind, &plugin.name);
    let replaces = replaces.map(|replaces| format!("\nIt would replace {replaces}.")).unwrap_or_default();
    format!(
        "it waits until it is granted what it asks for, which under [grants] in the configuration is:\n  {}{replaces}",
        missing.line(kind, name)
    )
}
