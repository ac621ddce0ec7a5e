//! This host's own worker record.

use crate::scheduling::shutdown::Shutdown;
use crate::scheduling::work::{Work, most};
use jackfield_core::settings::Settings;
use jackfield_plugins::Plugins;
use jackfield_store::{NewWorker, Store, WorkerKind};
use jackfield_types::{Clock, WorkerId};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long records of ended workers are kept.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// Pause between two tries to register.
const PAUSE: Duration = Duration::from_secs(1);

/// Registers this host as a worker.
pub struct LocalWorker {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) work: Work,
    pub(crate) worker: WorkerId,
    pub(crate) stop: CancellationToken,
    pub(crate) shutdown: Arc<Shutdown>,
    pub(crate) host: String,
    pub(crate) settings: Arc<Settings>,
}

impl LocalWorker {
    /// How long this worker has its runs without another heartbeat: `queue.rescue_s`.
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.settings.config().queue.rescue_s)
    }

    /// Registers the worker, and retries until the store is writable. False: the host stopped first.
    pub async fn begin(&self) -> bool {
        let yesterday = self.clock.now().checked_sub(REMEMBERED).unwrap_or_default();
        if let Err(error) = self.store.workers().forget_before(yesterday).await {
            tracing::warn!(%error, "failed to delete the records of stale workers");
        }
        loop {
            let worker = NewWorker {
                id: self.worker,
                name: jackfield_files::hostname(),
                kind: WorkerKind::Local,
                instance: self.host.clone(),
                slots: if self.settings.config().run.here {
                    most(self.settings.config().run.max_concurrent)
                } else {
                    0
                },
                executors: self.plugins.executors().into_iter().map(|info| info.plugin.name).collect(),
                workspaces: (self.work != Work::All || !self.settings.config().run.here).then(Vec::new),
                principal: None,
                lease: self.lease(),
            };
            let Err(error) = self.store.workers().begin(worker).await else {
                self.shutdown.on_record.store(true, Ordering::Relaxed);
                return true;
            };
            tracing::error!(%error, "this worker cannot begin");
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = sleep(PAUSE) => {}
            }
        }
    }
}
