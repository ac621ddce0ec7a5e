//! The thread that moves the epoch on, so that no component can run without being looked at.
//!
//! Invariants: whoever makes an engine gets a ticker with it; a component runs only while a
//! [`Running`] is held; while one is, the epoch moves every [`TICK`]; a while after the last one is
//! gone, the thread sleeps until the next, so that an idle host wakes nothing. The engines are held
//! weakly: the thread ends with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::Thread;
use std::time::Duration;
use wasmtime::EngineWeak;

/// How often the epoch moves on; the resolution of every CPU budget.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Ticks without a component before the thread sleeps: waking it costs more than a short call.
const IDLE_TICKS: u32 = 50;

#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

#[derive(Debug, Default)]
struct Shared {
    running: AtomicUsize,
    asleep: AtomicBool,
    ended: AtomicBool,
}

impl Ticker {
    pub(crate) fn start(engines: Vec<EngineWeak>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let tick = move || theirs.tick(&engines);
        let handle = std::thread::Builder::new().name("plugin-ticker".into()).spawn(tick)?;
        Ok(Self { shared, thread: handle.thread().clone() })
    }

    /// Held while a component may run.
    pub(crate) fn running(&self) -> Running<'_> {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.thread.unpark();
        }
        Running(&self.shared)
    }

    #[cfg(test)]
    pub(crate) fn asleep(&self) -> bool {
        self.shared.asleep.load(Ordering::SeqCst)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

impl Shared {
    fn tick(&self, engines: &[EngineWeak]) {
        let mut idle = 0;
        while !self.ended.load(Ordering::SeqCst) {
            std::thread::sleep(TICK);
            let mut alive = false;
            for engine in engines.iter().filter_map(EngineWeak::upgrade) {
                engine.increment_epoch();
                alive = true;
            }
            if !alive {
                return;
            }
            idle = if self.running.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
            if idle > IDLE_TICKS {
                self.sleep();
                idle = 0;
            }
        }
    }

    /// This ensures that no component runs unwatched: `asleep` is told before `running` is read
    /// again, and whoever starts to run adds to `running` before reading `asleep`, so one of the two
    /// always sees the other. An early wake-up only costs one more idle round.
    fn sleep(&self) {
        self.asleep.store(true, Ordering::SeqCst);
        while self.running.load(Ordering::SeqCst) == 0 && !self.ended.load(Ordering::SeqCst) {
            std::thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
    }
}

/// A component may run while this is held.
#[derive(Debug)]
pub(crate) struct Running<'a>(&'a Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
