//! Background work: one job at a time, on a thread with low priority.

use crate::error::PluginError;
use std::sync::mpsc::{Receiver, Sender, channel};

/// The niceness of the thread; 19 is the lowest priority.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 15;

type Job = Box<dyn FnOnce() + Send>;

/// The background thread. It ends when this is dropped and the queued jobs are done.
pub(crate) struct Background {
    jobs: Sender<Job>,
}

impl Background {
    pub(crate) fn start(name: &str) -> Result<Self, PluginError> {
        let (jobs, queued) = channel();
        std::thread::Builder::new()
            .name(name.into())
            .spawn(move || run_jobs(&queued))
            .map_err(|error| PluginError::Engine(error.to_string()))?;
        Ok(Self { jobs })
    }

    /// Queues a job. False: the thread has ended.
    pub(crate) fn queue(&self, job: impl FnOnce() + Send + 'static) -> bool {
        self.jobs.send(Box::new(job)).is_ok()
    }
}

fn run_jobs(queued: &Receiver<Job>) {
    lower_priority();
    while let Ok(job) = queued.recv() {
        job();
    }
}

#[cfg(target_os = "linux")]
fn lower_priority() {
    // On Linux this is the niceness of the thread, not of the process.
    let thread = rustix::thread::gettid();
    if let Err(error) = rustix::process::setpriority_process(Some(thread), NICENESS) {
        tracing::debug!("the background thread runs at the usual priority: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn lower_priority() {}
