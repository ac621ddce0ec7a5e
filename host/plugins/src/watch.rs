//! Watching the drop folder.
//!
//! The watcher says that something happened and, where it knows, that a file is complete; the scan
//! finds out the rest. An event that is lost costs nothing but time: the next scan sees every file.
//! The watch ends with the last handle to the plugins.

use crate::error::PluginError;
use crate::house::House;
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

/// How soon a file that is being written is looked at again.
const AGAIN: Duration = Duration::from_millis(50);

/// How often the folder is read where the system cannot watch it.
const POLL: Duration = Duration::from_secs(2);

/// Endings of components, of their signatures, and of the operator's orders.
const INTERESTING: [&str; 3] = ["wasm", "sig", "toml"];

/// Files that something happened to, and whether that says that they are complete.
type News = Vec<(PathBuf, bool)>;

/// Watches until the task is aborted. The watcher lives in the task.
pub(crate) fn watch(house: &Arc<House>) -> Result<AbortHandle, PluginError> {
    let (tell, news) = unbounded_channel();
    let watcher = watcher(&[&house.drop_folder, house.orders.folder()], &tell)?;
    Ok(tokio::spawn(follow(Arc::downgrade(house), watcher, news)).abort_handle())
}

fn watcher(folders: &[&Path], tell: &UnboundedSender<News>) -> Result<Box<dyn Watcher + Send>, PluginError> {
    let system =
        RecommendedWatcher::new(hear(tell.clone()), notify::Config::default()).and_then(|mut watcher| {
            watch_all(&mut watcher, folders)?;
            Ok(watcher)
        });
    let error = match system {
        Ok(watcher) => return Ok(Box::new(watcher)),
        Err(error) => error,
    };
    let folder = folders.first().copied().unwrap_or(Path::new("."));
    tracing::warn!("the system cannot watch {}, so it is read every {POLL:?}: {error}", folder.display());
    let config = notify::Config::default().with_poll_interval(POLL);
    let polling = PollWatcher::new(hear(tell.clone()), config).and_then(|mut watcher| {
        watch_all(&mut watcher, folders)?;
        Ok(watcher)
    });
    match polling {
        Ok(watcher) => Ok(Box::new(watcher)),
        Err(error) => Err(PluginError::Watch { folder: folder.to_owned(), why: error.to_string() }),
    }
}

fn watch_all(watcher: &mut impl Watcher, folders: &[&Path]) -> notify::Result<()> {
    folders.iter().try_for_each(|folder| watcher.watch(folder, RecursiveMode::NonRecursive))
}

fn hear(tell: UnboundedSender<News>) -> impl Fn(notify::Result<Event>) + Send + 'static {
    move |event| {
        let news = match event {
            Ok(event) => news_of(event),
            // What was missed is found by the scan.
            Err(error) => {
                tracing::warn!("the watch on the plugin folder missed something: {error}");
                Some(News::new())
            }
        };
        // Nobody listens any more when the house is gone.
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

async fn follow(house: Weak<House>, watcher: Box<dyn Watcher + Send>, mut news: UnboundedReceiver<News>) {
    let mut closed = BTreeSet::new();
    // What was dropped before the watch began.
    let mut waiting = true;
    loop {
        let heard = if waiting {
            tokio::time::timeout(AGAIN, news.recv()).await.unwrap_or_else(|_| Some(News::new()))
        } else {
            news.recv().await
        };
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
        let Some(house) = house.upgrade() else { break };
        if house.orders.heed() {
            house.obey().await;
        }
        waiting = match house.scan(&closed).await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!("the plugin folder cannot be read: {error}");
                false
            }
        };
        if !waiting {
            closed.clear();
        }
    }
    drop(watcher);
}
