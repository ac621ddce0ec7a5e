//! Components in a temporary folder, for trial calls.

use crate::builder::limits;
use crate::compile_process::OwnProcess;
use jackfield_config::Config;
use jackfield_files::private_folder;
use jackfield_plugins::{Apart, Embedded, FailureMode, FailureModes, MemoryScan, Options, Plugins, Service};
use jackfield_types::{RunId, SystemClock};
use std::path::PathBuf;
use std::sync::Arc;

/// Opens components with a temporary data and plugin folder, which is deleted afterwards. No dropped component serves.
pub(super) async fn aside(
    embedded: Vec<Embedded>,
    config: &Config,
    compiler: Option<&str>,
) -> Option<(Arc<Plugins>, Scratch)> {
    let scratch = Scratch::make();
    let opened = Plugins::open(Options {
        data: scratch.0.join("store"),
        drop_folder: scratch.0.join("drop"),
        embedded,
        limits: limits(&config.plugins.limits),
        grants: config.grants.clone(),
        service: Service::default(),
        failure_modes: FailureModes {
            executor: FailureMode::Fail,
            chooser: FailureMode::Fail,
            compressor: FailureMode::Fail,
            judge: FailureMode::Fail,
            gate: FailureMode::Fail,
        },
        chooser: None,
        instances: 1,
        memory_scan: MemoryScan::Never,
        memory_bytes: 1 << 30,
        apart: compiler.map(|program| Arc::new(OwnProcess::new(program.into())) as Arc<dyn Apart>),
        strikes: 1,
        slowdown: 0,
        observer: Arc::new(|_| {}),
        clock: Arc::new(SystemClock),
    })
    .await;
    Some((opened.ok()?, scratch))
}

/// A temporary folder, deleted on drop.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    fn make() -> Self {
        let path = std::env::temp_dir().join(format!("jackfield-check-{}", RunId::new()));
        // If this fails, opening the plugins reports it.
        let _ = private_folder(&path);
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
