//! Asking one component one thing: a store with limits, a deadline for everything, and a name for
//! whatever the component does instead of answering.
//!
//! A store in which anything went wrong is dropped and never entered again: [`ask`] drops its own,
//! and whoever uses [`bounded`] on a store that lives on must drop it on an error.

use crate::code::Code;
use crate::engine::Engines;
use crate::error::Violation;
use crate::guest::Guest;
use crate::limits::Limits;
use crate::question::Question;
use jackfield_types::Timestamp;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::Trap;

/// What is reserved for a component of which nothing is known yet, bytes.
pub(crate) const UNKNOWN: u64 = 4 << 20;

/// An answer that keeps its contract.
pub(crate) struct Answer<T> {
    pub(crate) value: T,
    pub(crate) took: Duration,
    /// What the component told the log meanwhile.
    pub(crate) notes: Vec<String>,
    /// What it looked at of the evidence.
    pub(crate) looked_at: Vec<String>,
    /// The most memory that it had, bytes.
    pub(crate) memory: u64,
}

/// How a call is told apart from others, and what makes it replay to the same answer.
pub(crate) struct Circumstances {
    /// What log lines go under.
    pub(crate) label: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) now: Timestamp,
    pub(crate) seed: u64,
    /// The most memory that it had so far, bytes; 0 where that is not known.
    pub(crate) expects: u64,
    /// Before it serves: what it tells the log is for its author.
    pub(crate) examined: bool,
}

/// Asks a fresh instance, which is gone when the answer is there.
pub(crate) async fn ask<Q: Question>(
    engines: &Engines,
    code: &Code,
    circumstances: Circumstances,
    question: &Q,
) -> Result<Answer<Q::Answer>, Violation> {
    let _place = engines.call().await;
    let expects = if circumstances.expects == 0 { UNKNOWN } else { circumstances.expects };
    match ask_within(engines, code, &circumstances, expects, question).await {
        // It needs more than it was thought to, and others had that: it is asked anew, with all that it may have.
        Err(Violation::Crowded { .. }) => {
            ask_within(engines, code, &circumstances, circumstances.limits.memory_bytes, question).await
        }
        answered => answered,
    }
}

/// Asks with so much memory reserved beforehand.
async fn ask_within<Q: Question>(
    engines: &Engines,
    code: &Code,
    circumstances: &Circumstances,
    expects: u64,
    question: &Q,
) -> Result<Answer<Q::Answer>, Violation> {
    let Circumstances { ref label, limits, now, seed, examined, .. } = *circumstances;
    let pool = &engines.memory_of_calls;
    let expects = expects.min(limits.memory_bytes);
    let reserved = pool.reserve(expects).await;
    let reserved = reserved.ok_or(Violation::Crowded { asked: expects, limit: pool.limit() })?;
    let begun = Instant::now();
    let guest = Guest::new(label.clone(), limits, now, seed).within(reserved);
    let guest = if examined { guest.examined() } else { guest };
    let mut store = engines.store(code.compiled, guest);
    let asked = bounded(engines, &limits, question.put(code, &mut store)).await;
    // Even where it made do with less: with the same facts it might have answered otherwise.
    if let Some(asked) = store.data().memory.crowded() {
        return Err(Violation::Crowded { asked, limit: pool.limit() });
    }
    let value = asked.map_err(|stopped| stopped.violation(store.data()))?;
    question.check(&value).map_err(Violation::Contract)?;
    let (took, guest) = (begun.elapsed(), store.data_mut());
    let memory = guest.peak_memory();
    Ok(Answer { value, took, notes: guest.notes(), looked_at: guest.looked_at(), memory })
}

/// Why a call stopped.
pub(crate) enum Stopped {
    Wall,
    Error(wasmtime::Error),
}

/// Runs a call under its wall-clock deadline, watched by the ticker.
pub(crate) async fn bounded<T>(
    engines: &Engines,
    limits: &Limits,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> Result<T, Stopped> {
    let _running = engines.running();
    match tokio::time::timeout(limits.wall, call).await {
        Ok(answered) => answered.map_err(Stopped::Error),
        Err(_) => Err(Stopped::Wall),
    }
}

impl Stopped {
    /// What the component did, read from the error and from what its guest remembers.
    pub(crate) fn violation(self, guest: &Guest) -> Violation {
        let limits = *guest.limits();
        let error = match self {
            Self::Wall => return Violation::Wall(limits),
            Self::Error(error) => error,
        };
        if guest.cpu.is_spent() {
            return Violation::Cpu(limits);
        }
        if guest.stormed() {
            return Violation::HostCalls(limits);
        }
        // Being refused memory is no misdeed by itself; stopping because of it is.
        if let Some(asked) = guest.memory.refused() {
            return Violation::Memory { asked, limits };
        }
        let last_words = guest.last_words();
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return Violation::Trapped { trap: trap.to_string(), last_words };
        }
        if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
            return Violation::Trapped { trap: format!("it exited with code {}", exit.0), last_words };
        }
        let root = error.root_cause().to_string();
        // wasmtime keeps this error's type to itself; a test holds this to its words.
        if root.contains("fuel allocated for hostcalls") {
            // An answer is read when the component's own code has ended; what it gives to the host is not.
            let within = error.downcast_ref::<wasmtime::WasmBacktrace>();
            let within = within.is_some_and(|trace| !trace.frames().is_empty());
            return if within { Violation::Argument(limits) } else { Violation::Output(limits) };
        }
        Violation::Contract(root)
    }
}
