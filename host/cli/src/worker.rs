//! `worker`: carries out work for a host on another machine, until told to stop.

use super::args::Global;
use super::opening::settings;
use super::output::{Outcome, say_line};
use super::stop::ToldToStop;
use jackfield_files::hostname;
use jackfield_types::Problem;
use jackfield_worker::{CoordinatorClient, Options, Remote};
use std::path::PathBuf;

/// What `worker` is asked.
pub(super) struct Asked {
    pub(super) host: String,
    pub(super) token: String,
    /// Certificates of whoever signed the host's.
    pub(super) ca: Option<PathBuf>,
    pub(super) slots: Option<usize>,
    pub(super) name: Option<String>,
}

pub(super) async fn worker(asked: Asked, global: &Global) -> Result<Outcome, Problem> {
    let mut told_to_stop = ToldToStop::listen_with_terminal();
    let (data, mut config) = settings(global)?;
    // A host may have this machine's usual folder; the worker has one of its own.
    let data = if global.data.is_some() { data } else { data.join("worker") };
    if let Some(slots) = asked.slots {
        config.run.max_concurrent = slots.max(1);
    }
    let coordinator = CoordinatorClient::new(&asked.host, asked.token.trim(), asked.ca.as_deref())?;
    let name = asked.name.unwrap_or_else(hostname);
    let slots = config.run.max_concurrent;
    let options = Options { host: asked.host.clone(), name: name.clone() };
    let remote = tokio::select! {
        opened = Remote::open(data, config, coordinator, options) => opened?,
        () = told_to_stop.heard() => return Ok(Outcome::Fine),
    };
    say_line(&format!(
        "jackfield {} works for {} as {name}, {slots} attempt(s) at once\n\n  executors  {}\n  records    {}",
        jackfield::VERSION,
        asked.host,
        remote.host().leased_runs().executors().join(", "),
        remote.host().data_folder().display(),
    ));
    super::telemetry::keep_from_log(remote.host());
    remote.work(told_to_stop.heard()).await;
    Ok(Outcome::Fine)
}
