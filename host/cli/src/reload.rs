//! A running server takes a changed configuration file over.
//!
//! Editors replace a file by renaming another onto it, so its folder is watched and not the file. A file
//! that somebody is still writing is waited for: half a file is a valid one with other limits. Where the
//! system does not tell (a link whose target changed, a network share), a look now and then finds it.

use super::args::Global;
use super::opening::layers;
use jackfield::Host;
use jackfield_config::{Config, load};
use jackfield_types::Problem;
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// How soon a file is read that was replaced or closed.
const SOON: Duration = Duration::from_millis(50);
/// How long one must be left alone that somebody may still be writing, or that is gone.
const QUIET: Duration = Duration::from_secs(1);
/// How often it is looked at where nobody tells.
const LOOK: Duration = Duration::from_secs(2);

/// What tells one version of a file from another without reading it; none where there is no file.
type Stamp = Option<(u64, u64, u64, i64, i64)>;

/// Follows the configuration file of a host, and the signal HUP.
pub(super) struct Reload {
    host: Host,
    global: Global,
    file: PathBuf,
    /// What the layers last came to, whether or not all of it is in force.
    loaded: Config,
    /// Heard from the beginning: where nobody listens, this signal ends a program.
    hangups: Option<Signal>,
}

impl Reload {
    /// Follows what `loaded` was read from.
    pub(super) fn new(host: Host, global: &Global, loaded: Config) -> Result<Self, Problem> {
        let (_, layers) = layers(global)?;
        let file = layers.file.unwrap_or_default();
        let file = std::path::absolute(&file).unwrap_or(file);
        let hangups = signal(SignalKind::hangup()).ok();
        Ok(Self { host, global: global.clone(), file, loaded, hangups })
    }

    /// Until the terminal goes that the server was started in; a server without one goes on for ever.
    pub(super) async fn follow(mut self) {
        let (tell, mut news) = unbounded_channel();
        // Kept alive as long as somebody listens.
        let _watcher = watch(&self.file, tell);
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let had_terminal = std::io::stdout().is_terminal();
        let mut seen = stamp(&self.file);
        // What changed between the start and the watch.
        self.take_over(false).await;
        let mut due: Option<Instant> = None;
        loop {
            let asked = tokio::select! {
                complete = told(&mut news) => {
                    due = Some(Instant::now() + if complete { SOON } else { QUIET });
                    continue;
                }
                () = hung_up(&mut self.hangups) => true,
                _ = look.tick(), if due.is_none() => {
                    if stamp(&self.file) != seen {
                        due = Some(Instant::now() + QUIET);
                    }
                    continue;
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => false,
            };
            if asked && had_terminal && !std::io::stdout().is_terminal() {
                return;
            }
            due = None;
            seen = stamp(&self.file);
            self.take_over(asked).await;
        }
    }

    async fn take_over(&mut self, asked: bool) {
        let file = self.file.display();
        let read = layers(&self.global).and_then(|(_, layers)| load(&layers).map_err(Problem::from));
        let config = match read {
            Ok(config) if config == self.loaded => {
                if asked {
                    tracing::info!("configuration: {file} is unchanged");
                }
                return;
            }
            Ok(config) => config,
            Err(problem) => {
                tracing::error!(
                    "failed to reload {file}, the previous configuration stays in effect: {problem}"
                );
                return;
            }
        };
        match self.host.reconfigure(config.clone()).await {
            Ok(_) => self.loaded = config,
            Err(problem) => tracing::error!("failed to reload {file}: {problem}"),
        }
    }
}

/// Whether what happened to the file says that it is complete.
async fn told(news: &mut UnboundedReceiver<bool>) -> bool {
    match news.recv().await {
        Some(complete) => complete,
        None => std::future::pending().await,
    }
}

async fn hung_up(hangups: &mut Option<Signal>) {
    let heard = match hangups {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if heard.is_none() {
        std::future::pending().await
    }
}

fn watch(file: &Path, tell: UnboundedSender<bool>) -> Option<RecommendedWatcher> {
    let (folder, name) = (file.parent()?, file.file_name()?.to_owned());
    let watcher = RecommendedWatcher::new(hear(name, tell), notify::Config::default());
    let watching = watcher.and_then(|mut watcher| {
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    let told = watching.map_err(|error| {
        tracing::warn!(
            "the system cannot watch {}, so it is looked at every {LOOK:?}: {error}",
            folder.display()
        );
    });
    told.ok()
}

fn hear(name: OsString, tell: UnboundedSender<bool>) -> impl Fn(notify::Result<Event>) + Send + 'static {
    move |event| {
        // What was missed is found by the next look.
        let Ok(event) = event else { return };
        if !event.paths.iter().any(|path| path.file_name() == Some(&name)) {
            return;
        }
        let complete = match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => true,
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => return,
            _ => false,
        };
        // Nobody listens any more when the server stops.
        let _ = tell.send(complete);
    }
}

fn stamp(file: &Path) -> Stamp {
    let found = std::fs::metadata(file).ok()?;
    Some((found.dev(), found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}
