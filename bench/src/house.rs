//! The host's side: the plugins as the host opens them, in a folder that is gone afterwards.

use crate::components::Components;
use anyhow::{Context, Result};
use jackfield_plugins::{
    Change, Compiled, Embedded, FailureModes, Grants, KindLimits, MemoryScan, Options, PluginEvent, Plugins,
};
use jackfield_types::SystemClock;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// As many calls at once as the host allows where nothing is configured.
pub(crate) const INSTANCES: u32 = 64;

/// Longer than anything here takes, so that a run that hangs ends with a word.
const PATIENCE: Duration = Duration::from_secs(60);

/// Plugins in service, and what they tell.
pub(crate) struct House {
    pub(crate) plugins: Arc<Plugins>,
    folder: TempDir,
    events: UnboundedReceiver<PluginEvent>,
}

impl House {
    /// Opened, with every component in its best code.
    pub(crate) async fn open(components: &Components, scratch: &Path, scan: bool) -> Result<Self> {
        let folder = TempDir::new_in(scratch)?;
        let (tell, events) = unbounded_channel();
        let embedded = components.all().map(|bytes| Embedded { bytes: Cow::Owned(bytes.to_vec()) });
        let options = Options {
            data: folder.path().join("data"),
            drop_folder: folder.path().join("plugins"),
            embedded: embedded.into(),
            limits: KindLimits::generous(),
            grants: Grants::default(),
            service: jackfield_plugins::Service::default(),
            failure_modes: FailureModes::default(),
            chooser: None,
            instances: INSTANCES,
            apart: None,
            memory_scan: if scan { MemoryScan::Auto } else { MemoryScan::Never },
            memory_bytes: 1 << 30,
            strikes: 3,
            slowdown: 0,
            // Whoever no longer listens misses nothing.
            observer: Arc::new(move |event| drop(tell.send(event))),
            clock: Arc::new(SystemClock),
        };
        let plugins = Plugins::open(options).await?;
        let mut house = Self { plugins, folder, events };
        house.optimised().await?;
        Ok(house)
    }

    /// Waits until everything that serves does so in its best code.
    pub(crate) async fn optimised(&mut self) -> Result<()> {
        let quick = |house: &Self| {
            house.plugins.list().iter().any(|status| status.compiled == Some(Compiled::Baseline))
        };
        while quick(self) {
            self.event(Change::Optimised).await?;
        }
        Ok(())
    }

    /// The next event of a change; others are passed over.
    pub(crate) async fn event(&mut self, change: Change) -> Result<PluginEvent> {
        let next = async {
            loop {
                let event = self.events.recv().await.context("the plugins have gone")?;
                if event.change == change {
                    return Ok(event);
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.with_context(|| format!("no {change} ever came"))?
    }

    /// A path in the drop folder.
    pub(crate) fn dropped(&self, name: &str) -> PathBuf {
        self.folder.path().join("plugins").join(name)
    }
}
