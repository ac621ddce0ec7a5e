//! What serves, as the process that serves it sees it, for other processes over the same data folder.
//!
//! Whoever asks leaves a file named after its question; the host that serves writes down what it has in service,
//! and which questions it has seen. A host holds a file locked for as long as it lives, so that one that is gone
//! is told from one that is slow.

use crate::files::write_cached;
use crate::report::PluginStatus;
use jackfield_types::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Endings of a question, of a view, and of the file that a host holds.
pub(crate) const QUESTION: &str = "ask";
const VIEW: &str = "json";
const HELD: &str = "held";

/// How long a host that serves is waited for: longer than it needs where the system tells it of no change.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(15);

/// A question that is older was left by somebody who is gone.
const STALE: Duration = Duration::from_secs(120);

/// What a host that serves over a data folder has in service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServerView {
    /// Its process.
    pub process: u32,
    /// Where components are dropped in.
    pub folder: String,
    /// When that was so.
    pub at: Timestamp,
    /// Every component, in service or not.
    pub plugins: Vec<PluginStatus>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    questions: BTreeSet<String>,
    #[serde(flatten)]
    view: ServerView,
}

/// The folder of questions and views, and this host's own view.
pub(crate) struct Views {
    folder: PathBuf,
    own: Mutex<Option<Own>>,
}

struct Own {
    name: String,
    /// Locked until it is closed.
    _held: File,
    answered: BTreeSet<String>,
}

impl Views {
    pub(crate) const fn of(folder: PathBuf) -> Self {
        Self { folder, own: Mutex::new(None) }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Says that this host answers from now on.
    pub(crate) fn begin(&self) {
        let mut own = self.own.lock();
        if own.is_some() {
            return;
        }
        let name = format!("{}-{:016x}", std::process::id(), rand::random::<u64>());
        match held(&self.folder.join(format!("{name}.{HELD}"))) {
            Ok(file) => *own = Some(Own { name, _held: file, answered: BTreeSet::new() }),
            Err(error) => tracing::warn!(
                "failed to write {}, which shows other processes what serves: {error}",
                self.folder.display()
            ),
        }
    }

    /// Answers the questions that are there, where one is new.
    pub(crate) fn answer(&self, view: impl FnOnce() -> ServerView) {
        let mut own = self.own.lock();
        let Some(own) = own.as_mut() else { return };
        let questions = questions(&self.folder);
        if questions.is_subset(&own.answered) {
            return;
        }
        own.answered.clone_from(&questions);
        let file = self.folder.join(format!("{}.{VIEW}", own.name));
        let written = serde_json::to_vec(&Written { questions, view: view() }).map_err(io::Error::other);
        if let Err(error) = written.and_then(|text| write_cached(&file, &text)) {
            tracing::warn!(
                "failed to write {}, which shows other processes what serves: {error}",
                file.display()
            );
        }
    }
}

impl Drop for Views {
    fn drop(&mut self) {
        if let Some(own) = self.own.get_mut() {
            forget(&self.folder, &own.name);
        }
    }
}

/// Creates a file and locks it; whoever looks in between takes it for left behind, and removes it.
fn held(path: &Path) -> io::Result<File> {
    loop {
        let file = File::options().create(true).append(true).open(path)?;
        file.lock()?;
        if path.exists() {
            return Ok(file);
        }
    }
}

fn forget(folder: &Path, name: &str) {
    for ending in [VIEW, HELD] {
        // What is left is found to be left the next time that somebody asks.
        let _ = fs::remove_file(folder.join(format!("{name}.{ending}")));
    }
}

fn named(folder: &Path, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let own = |file: PathBuf| {
        let fits = file.extension().is_some_and(|its| its == ending);
        fits.then(|| file.file_stem()?.to_str().map(str::to_owned)).flatten()
    };
    entries.filter_map(|entry| own(entry.path())).collect()
}

fn questions(folder: &Path) -> BTreeSet<String> {
    let waits = |name: &String| {
        let file = folder.join(format!("{name}.{QUESTION}"));
        let age = fs::metadata(&file).and_then(|about| about.modified()).map(|at| at.elapsed());
        let stale = matches!(age, Ok(Ok(age)) if age > STALE);
        if stale {
            let _ = fs::remove_file(&file);
        }
        !stale
    };
    named(folder, QUESTION).into_iter().filter(waits).collect()
}

/// The hosts that serve over this folder now, by the name of their view.
fn serving(folder: &Path) -> Vec<String> {
    let alive = |name: &String| {
        let Ok(file) = File::open(folder.join(format!("{name}.{HELD}"))) else { return false };
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => true,
            Ok(()) | Err(TryLockError::Error(_)) => {
                forget(folder, name);
                false
            }
        }
    };
    named(folder, HELD).into_iter().filter(alive).collect()
}

/// What the host that serves over a data folder's plugin store has in service; none where none runs. Where several
/// run, the one that answers first.
///
/// # Errors
/// The process that serves there and does not answer.
pub async fn view_of_server(store: &Path) -> Result<Option<ServerView>, u32> {
    let folder = store.join("views");
    let Some(first) = serving(&folder).into_iter().next() else { return Ok(None) };
    let question = format!("{}-{:016x}", std::process::id(), rand::random::<u64>());
    let file = folder.join(format!("{question}.{QUESTION}"));
    if let Err(error) = fs::write(&file, "") {
        tracing::warn!("failed to write {}, which asks the running host: {error}", file.display());
        return Ok(None);
    }
    let begun = Instant::now();
    let view = loop {
        let serving = serving(&folder);
        if serving.is_empty() {
            break Ok(None);
        }
        let read = |name: &String| {
            let text = fs::read(folder.join(format!("{name}.{VIEW}"))).ok()?;
            serde_json::from_slice::<Written>(&text).ok()
        };
        let mut written = serving.iter().filter_map(read);
        if let Some(written) = written.find(|written| written.questions.contains(&question)) {
            break Ok(Some(written.view));
        }
        if begun.elapsed() > PATIENCE {
            break Err(first.split('-').next().and_then(|process| process.parse().ok()).unwrap_or(0));
        }
        tokio::time::sleep(LOOK).await;
    };
    // Left behind, it is removed by the host that serves.
    let _ = fs::remove_file(&file);
    view
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> ServerView {
        ServerView { process: 7, folder: "plugins".into(), at: Timestamp::UNIX_EPOCH, plugins: Vec::new() }
    }

    #[tokio::test]
    async fn a_host_that_serves_is_asked_and_one_that_is_gone_is_not() {
        let store = tempfile::tempdir().unwrap();
        let folder = store.path().join("views");
        assert!(view_of_server(store.path()).await.unwrap().is_none(), "nobody ever was here");
        fs::create_dir(&folder).unwrap();
        let views = Views::of(folder.clone());
        views.begin();
        // What a host leaves that was killed.
        fs::write(folder.join("9-0.held"), "").unwrap();
        fs::write(folder.join("9-0.json"), "").unwrap();
        let asking = tokio::spawn({
            let store = store.path().to_owned();
            async move { view_of_server(&store).await }
        });
        while !asking.is_finished() {
            views.answer(view);
            tokio::task::yield_now().await;
        }
        assert_eq!(asking.await.unwrap().unwrap().unwrap().process, 7);
        assert_eq!(named(&folder, QUESTION), Vec::<String>::new());
        assert_eq!(named(&folder, HELD).len(), 1, "what was left behind is gone");
        drop(views);
        assert!(view_of_server(store.path()).await.unwrap().is_none());
    }
}
