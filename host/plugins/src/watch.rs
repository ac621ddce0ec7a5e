//! Watching the drop folder.
//!
//! The system's events say that something happened and, where they know, that a file is complete; the scan
//! finds out the rest. Under the events lies a scan every few seconds, since there are changes that no event
//! tells of: another folder under the same name, a mount, a link that leads elsewhere, a file system without
//! events. The watch ends with the last handle to the plugins.

use crate::error::PluginError;
use crate::manager::PluginManager;
use crate::reconcile::Reconciler;
use crate::stamp::identity;
use crate::views::QUESTION;
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

/// How soon a file that is being written is looked at again.
const AGAIN: Duration = Duration::from_millis(50);

/// How often the folder is read though nothing was heard.
const POLL: Duration = Duration::from_secs(2);

/// Rounds between two attempts at having the system watch, where it could not.
const ROUNDS: u32 = 15;

/// Endings of components, of their signatures, and of the operator's orders.
const INTERESTING: [&str; 3] = ["wasm", "sig", "toml"];

/// Files that something happened to, and whether that says that they are complete.
type News = Vec<(PathBuf, bool)>;

/// Watches until the tasks are aborted. The watcher lives in the first of them.
pub(crate) fn watch(manager: &Arc<PluginManager>) -> Result<[AbortHandle; 2], PluginError> {
    let runtime = Handle::try_current().map_err(|error| PluginError::Watch {
        folder: manager.drop_folder.clone(),
        why: error.to_string(),
    })?;
    let (tell, news) = unbounded_channel();
    let folders = [&manager.drop_folder, manager.orders.folder(), manager.views.folder()]
        .map(|folder| (folder.to_owned(), None));
    let asked = Arc::new(Notify::new());
    let hearing = Hearing { tell, asked: Arc::clone(&asked) };
    let mut watched = Watched { folders, watcher: None, hearing, told: false, rounds: 0 };
    watched.renew();
    if manager.lock.decides() {
        manager.views.begin();
    }
    let following = runtime.spawn(follow(Arc::downgrade(manager), watched, news));
    // Apart from the scan, which can take as long as a compilation.
    let answering = runtime.spawn(answer(Arc::downgrade(manager), asked));
    Ok([following.abort_handle(), answering.abort_handle()])
}

/// What the system watches for us.
struct Watched {
    /// The drop folder, the operator's orders and the questions; each with what it was when the watch began.
    folders: [(PathBuf, Option<(u64, u64)>); 3],
    watcher: Option<RecommendedWatcher>,
    hearing: Hearing,
    /// That the system cannot watch was said.
    told: bool,
    rounds: u32,
}

impl Watched {
    /// Begins anew where a folder is another one than it was.
    fn renew(&mut self) {
        let mut replaced = false;
        for (folder, was) in &mut self.folders {
            let now = std::fs::metadata(&*folder).ok().map(|about| identity(&about));
            if *was != now {
                if was.is_some() && now.is_some() {
                    tracing::info!("the folder {} was replaced; its components are loaded", folder.display());
                }
                (*was, replaced) = (now, true);
            }
        }
        self.rounds = self.rounds.saturating_add(1);
        if replaced || (self.watcher.is_none() && self.rounds >= ROUNDS) {
            self.rounds = 0;
            self.watcher = self.begin();
        }
    }

    fn begin(&mut self) -> Option<RecommendedWatcher> {
        let there = self.folders.iter().filter(|(_, id)| id.is_some()).map(|(folder, _)| folder.as_path());
        match watcher(there, &self.hearing) {
            Ok(watcher) => {
                self.told = false;
                Some(watcher)
            }
            Err(error) => {
                if !std::mem::replace(&mut self.told, true) {
                    let [(folder, _), ..] = &self.folders;
                    tracing::warn!(
                        "the system cannot watch {}, so it is read every {POLL:?}: {error}",
                        folder.display()
                    );
                }
                None
            }
        }
    }
}

fn watcher<'a>(
    folders: impl Iterator<Item = &'a Path>,
    hearing: &Hearing,
) -> notify::Result<RecommendedWatcher> {
    let mut watcher = RecommendedWatcher::new(hear(hearing.clone()), notify::Config::default())?;
    for folder in folders {
        match watcher.watch(folder, RecursiveMode::NonRecursive) {
            // Gone since it was looked at: the next round sees that.
            Err(error) if matches!(error.kind, notify::ErrorKind::PathNotFound) => {}
            watched => watched?,
        }
    }
    Ok(watcher)
}

/// Whom an event is told.
#[derive(Clone)]
struct Hearing {
    tell: UnboundedSender<News>,
    /// Who answers questions for what serves.
    asked: Arc<Notify>,
}

fn hear(hearing: Hearing) -> impl Fn(notify::Result<Event>) + Send + 'static {
    let Hearing { tell, asked } = hearing;
    move |event| {
        // Only a new file is a question: answering one opens the folder and reads it, which are events, too.
        let is_question = |path: &PathBuf| path.extension().is_some_and(|ending| ending == QUESTION);
        let told = |event: &Event| event.kind.is_create() && event.paths.iter().any(is_question);
        if event.as_ref().is_ok_and(told) {
            return asked.notify_one();
        }
        let news = match event {
            Ok(event) => news_of(event),
            // What was missed is found by the scan.
            Err(error) => {
                tracing::warn!("the watch on the plugin folder missed something: {error}");
                Some(News::new())
            }
        };
        // Nobody listens any more when the manager is gone.
        news.into_iter().for_each(|news| drop(tell.send(news)));
    }
}

fn news_of(event: Event) -> Option<News> {
    let complete = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => true,
        EventKind::Access(_) => return None,
        _ => false,
    };
    let of_interest = |path: &PathBuf| {
        path.extension().is_some_and(|extension| INTERESTING.iter().any(|one| extension == *one))
    };
    let news: News = event.paths.into_iter().filter(of_interest).map(|path| (path, complete)).collect();
    (!news.is_empty() || event.attrs.flag().is_some()).then_some(news)
}

async fn follow(manager: Weak<PluginManager>, mut watched: Watched, mut news: UnboundedReceiver<News>) {
    let mut closed = BTreeSet::new();
    let mut failed = None;
    // What was dropped before the watch began.
    let mut waiting = true;
    loop {
        let patience = if waiting { AGAIN } else { POLL };
        let heard = tokio::time::timeout(patience, news.recv()).await.unwrap_or_else(|_| Some(News::new()));
        let Some(mut heard) = heard else { break };
        while let Ok(more) = news.try_recv() {
            heard.extend(more);
        }
        for (file, complete) in heard {
            if complete {
                closed.insert(file);
            } else {
                closed.remove(&file);
            }
        }
        let Some(manager) = manager.upgrade() else { break };
        watched.renew();
        if manager.orders.heed() {
            Reconciler(&manager).reconcile().await;
        }
        Reconciler(&manager).heed_quarantine();
        waiting = match manager.scan(&closed).await {
            Ok(waiting) => {
                failed = None;
                waiting
            }
            Err(error) => {
                // Said once, however often it is tried.
                let error = error.to_string();
                if failed.as_ref() != Some(&error) {
                    tracing::warn!("the plugin folder cannot be read, and what serves goes on: {error}");
                }
                failed = Some(error);
                false
            }
        };
        if !waiting {
            closed.clear();
        }
    }
}

/// Answers whoever asks what serves.
async fn answer(manager: Weak<PluginManager>, asked: Arc<Notify>) {
    loop {
        let _ = tokio::time::timeout(POLL, asked.notified()).await;
        let Some(manager) = manager.upgrade() else { break };
        manager.views.answer(|| crate::listing::view(&manager));
    }
}
