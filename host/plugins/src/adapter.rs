//! An adapter that lives on between calls: the store of one attempt.
//!
//! Invariant: when a call goes wrong, or is given up by whoever waits for it, the store is gone. It
//! is taken out before each call and put back only with an answer.

use crate::call::{Stopped, UNKNOWN, bounded};
use crate::code::Code;
use crate::contract;
use crate::engine::Engines;
use crate::error::Violation;
use crate::facts::executor::Executor;
use crate::facts::{driving, types};
use crate::guest::Guest;
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// One adapter's instance, while it can be called.
pub(crate) struct Adapter {
    live: Option<Live>,
    last: (Duration, u64),
    _place: Option<OwnedSemaphorePermit>,
}

struct Live {
    store: Store<Guest>,
    world: Executor,
    reading: Option<ResourceAny>,
}

/// What came of a call of an adapter.
pub(crate) enum Told<T> {
    Answer(T),
    Violation(Violation),
    /// An earlier call ended it.
    Gone,
    /// The reading was not begun.
    NotReading,
}

impl Adapter {
    /// A fresh instance that holds a place until it is dropped.
    pub(crate) async fn start(
        engines: &Engines,
        code: &Code,
        guest: Guest,
        place: Option<OwnedSemaphorePermit>,
    ) -> Result<Self, Violation> {
        let limits = *guest.limits();
        let pool = &engines.memory_of_attempts;
        let expects = UNKNOWN.min(limits.memory_bytes);
        let reserved = pool.reserve(expects).await;
        let reserved = reserved.ok_or(Violation::Crowded { asked: expects, limit: pool.limit() })?;
        let mut store = engines.store(code.compiled, guest.within(reserved));
        let world = bounded(engines, &limits, code.executor(&mut store)).await;
        let world = world.map_err(|stopped| ended(stopped, engines, store.data()))?;
        Ok(Self {
            live: Some(Live { store, world, reading: None }),
            last: (Duration::ZERO, 0),
            _place: place,
        })
    }

    /// `runs_as_command`: whether it is known to have the instruction run; none while that is to be found out.
    pub(crate) async fn plan(
        &mut self,
        engines: &Engines,
        request: &driving::Request,
        description: &driving::Description,
        runs_as_command: Option<bool>,
    ) -> Told<Result<driving::Command, types::Failure>> {
        let told = self
            .call(engines, async |live| {
                live.world.jackfield_plugin_driving().call_plan(&mut live.store, request).await
            })
            .await;
        self.keeping(told, |planned| match planned {
            Ok(command) => {
                contract::command(command, description, &request.settings)?;
                if runs_as_command == Some(false) {
                    contract::prompts(command, &request.instruction)?;
                }
                Ok(())
            }
            Err(failure) => contract::failure(failure),
        })
    }

    pub(crate) async fn begin(&mut self, engines: &Engines, request: &driving::Request) -> Told<()> {
        self.call(engines, async |live| {
            let reading = live.world.jackfield_plugin_driving().reading();
            let reading = reading.call_constructor(&mut live.store, request).await?;
            live.reading = Some(reading);
            Ok(())
        })
        .await
    }

    pub(crate) async fn feed(&mut self, engines: &Engines, bytes: &[u8]) -> Told<Vec<driving::Event>> {
        let Some(reading) = self.reading() else { return self.unread() };
        let told = self
            .call(engines, async |live| {
                let driving = live.world.jackfield_plugin_driving();
                driving.reading().call_feed(&mut live.store, reading, bytes).await
            })
            .await;
        self.keeping(told, |events| contract::events(events))
    }

    pub(crate) async fn finish(&mut self, engines: &Engines, exit: &driving::Exit) -> Told<driving::Outcome> {
        let Some(reading) = self.reading() else { return self.unread() };
        let told = self
            .call(engines, async |live| {
                live.world
                    .jackfield_plugin_driving()
                    .reading()
                    .call_finish(&mut live.store, reading, exit)
                    .await
            })
            .await;
        // Nothing may be asked after the outcome.
        self.live = None;
        self.keeping(told, contract::outcome)
    }

    /// How long the last call that was answered took, and the most memory so far.
    pub(crate) const fn last(&self) -> (Duration, u64) {
        self.last
    }

    /// Bytes of memory that it has, and what it told the log in its last call; nothing once it has ended.
    pub(crate) fn used(&mut self) -> (u64, Vec<String>) {
        let guest = self.live.as_mut().map(|live| live.store.data_mut());
        guest.map_or_else(Default::default, |guest| (guest.memory.used(), guest.notes()))
    }

    fn reading(&self) -> Option<ResourceAny> {
        self.live.as_ref().and_then(|live| live.reading)
    }

    const fn unread<T>(&self) -> Told<T> {
        if self.live.is_none() { Told::Gone } else { Told::NotReading }
    }

    async fn call<T>(
        &mut self,
        engines: &Engines,
        ask: impl AsyncFnOnce(&mut Live) -> wasmtime::Result<T>,
    ) -> Told<T> {
        let Some(mut live) = self.live.take() else { return Told::Gone };
        live.store.data_mut().begin_call();
        live.store.set_epoch_deadline(1);
        let limits = *live.store.data().limits();
        let begun = Instant::now();
        match bounded(engines, &limits, ask(&mut live)).await {
            Ok(answer) => {
                self.last = (begun.elapsed(), live.store.data().peak_memory());
                self.live = Some(live);
                Told::Answer(answer)
            }
            Err(stopped) => Told::Violation(ended(stopped, engines, live.store.data())),
        }
    }

    fn keeping<T>(&mut self, told: Told<T>, contract: impl FnOnce(&T) -> Result<(), String>) -> Told<T> {
        match told {
            Told::Answer(answer) => match contract(&answer) {
                Ok(()) => Told::Answer(answer),
                Err(how) => {
                    self.live = None;
                    Told::Violation(Violation::Contract(how))
                }
            },
            other => other,
        }
    }
}

/// What ended it: what it did, or that others had the memory that it needed.
fn ended(stopped: Stopped, engines: &Engines, guest: &Guest) -> Violation {
    match guest.memory.crowded() {
        Some(asked) => Violation::Crowded { asked, limit: engines.memory_of_attempts.limit() },
        None => stopped.violation(guest),
    }
}
