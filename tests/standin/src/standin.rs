//! A running stand-in: its address, its script and its log.
//!
//! It runs on a thread and a runtime of its own, so that tests may block, and it ends when it is dropped:
//! requests that hang then see their connection close.

use crate::{
    asked::asked_in,
    protocol::Api,
    request::Request,
    routes,
    scenario::{Scenario, Times, UnknownScenario},
};
use jackfield_types::{ErrorCode, Problem};
use parking_lot::{Condvar, Mutex};
use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::sync::{Notify, oneshot, watch};

/// A stand-in that listens on loopback until it is dropped.
#[derive(Debug)]
pub struct Standin {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The stand-in could not start.
#[derive(Debug, thiserror::Error)]
#[error("the stand-in cannot listen on 127.0.0.1:{port}: {source}")]
pub struct StartError {
    port: u16,
    source: io::Error,
}

impl StartError {
    /// What to tell whoever ran it.
    pub fn problem(&self) -> Problem {
        Problem::operator(
            ErrorCode::StandinNotStarted,
            self.to_string(),
            "choose a port that is free, or 0 for any",
        )
    }
}

/// What was waited for did not come in time; the message lists what did.
#[derive(Debug, thiserror::Error)]
#[error("no such request arrived within {waited:?}; these did: {arrived}")]
pub struct NeverArrived {
    waited: Duration,
    arrived: String,
}

impl Standin {
    /// Starts on a free port.
    pub fn start() -> Result<Self, StartError> {
        Self::start_on(0)
    }

    /// Starts on this port; 0 is any free one.
    pub fn start_on(port: u16) -> Result<Self, StartError> {
        let failed = |source| StartError { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let shared = Arc::new(Shared::default());
        let router = routes::router(Arc::clone(&shared));
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("standin".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                    let serving = async { axum::serve(listener, router).await };
                    tokio::select! {
                        _ = serving => {}
                        _ = stopped => {}
                    }
                });
            })
            .map_err(failed)?;
        Ok(Self { address, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`: what claude takes as `ANTHROPIC_BASE_URL` and gemini as
    /// `GOOGLE_GEMINI_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `http://127.0.0.1:PORT/v1`: what a codex provider takes as `base_url`.
    pub fn openai_url(&self) -> String {
        format!("{}/v1", self.base_url())
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Plays this where neither the prompt nor anything narrower says otherwise.
    pub fn scenario(&self, scenario: Scenario) {
        self.shared.script.lock().of_all = Some(scenario);
    }

    /// Plays this for one API, whatever the prompt's general word says.
    pub fn scenario_for(&self, api: Api, scenario: Scenario) {
        self.shared.script.lock().of_api.insert(api, scenario);
    }

    /// Plays this for one model, whatever its API and the prompt's general word say.
    pub fn scenario_for_model(&self, model: &str, scenario: Scenario) {
        self.shared.script.lock().of_model.insert(model.to_owned(), scenario);
    }

    /// Forgets every scenario that was set and how often each was played.
    pub fn reset_scenarios(&self) {
        *self.shared.script.lock() = Script::default();
    }

    /// How long a rate limit asks to wait, in whole seconds. It is 1 s unless told.
    pub fn retry_after(&self, seconds: u64) {
        self.shared.retry_after.store(seconds, Ordering::Relaxed);
    }

    /// Ends the waits of `slow`, `stall` and `hang` for every request that is in the log now: each goes on
    /// as if its time were over.
    pub fn release(&self) {
        self.shared.released.send_replace(());
    }

    /// Every request so far, oldest first.
    pub fn log(&self) -> Vec<Request> {
        self.shared.log.lock().clone()
    }

    /// The requests so far that a model answers, oldest first: no probes.
    pub fn conversations(&self) -> Vec<Request> {
        self.shared.log.lock().iter().filter(|request| request.scenario.is_some()).cloned().collect()
    }

    /// Forgets the requests so far; their numbers go on.
    pub fn clear_log(&self) {
        self.shared.log.lock().clear();
    }

    /// The first request in the log that matches, as soon as there is one.
    pub async fn arrived(&self, matches: impl Fn(&Request) -> bool) -> Request {
        loop {
            let grown = self.shared.grown.notified();
            tokio::pin!(grown);
            // Registered before the look, so that a request between the two is not missed.
            grown.as_mut().enable();
            if let Some(found) = self.shared.log.lock().iter().find(|request| matches(request)).cloned() {
                return found;
            }
            grown.await;
        }
    }

    /// As [`Self::arrived`], for a test that blocks.
    pub fn wait_for(
        &self,
        within: Duration,
        matches: impl Fn(&Request) -> bool,
    ) -> Result<Request, NeverArrived> {
        let deadline = Instant::now() + within;
        let mut log = self.shared.log.lock();
        loop {
            if let Some(found) = log.iter().find(|request| matches(request)) {
                return Ok(found.clone());
            }
            if self.shared.logged.wait_until(&mut log, deadline).timed_out() {
                let arrived = serde_json::to_string(&*log).unwrap_or_default();
                return Err(NeverArrived { waited: within, arrived });
            }
        }
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread has ended by itself when nobody is there to hear it.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the handle and the routes share.
#[derive(Debug)]
pub(crate) struct Shared {
    script: Mutex<Script>,
    log: Mutex<Vec<Request>>,
    count: AtomicU64,
    logged: Condvar,
    grown: Notify,
    released: watch::Sender<()>,
    retry_after: AtomicU64,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            script: Mutex::default(),
            log: Mutex::default(),
            count: AtomicU64::new(0),
            logged: Condvar::new(),
            grown: Notify::new(),
            released: watch::Sender::new(()),
            retry_after: AtomicU64::new(1),
        }
    }
}

#[derive(Debug, Default)]
struct Script {
    of_all: Option<Scenario>,
    of_api: HashMap<Api, Scenario>,
    of_model: HashMap<String, Scenario>,
    played: HashMap<(Api, String, Option<String>), u32>,
}

impl Shared {
    /// What to play for a request: the narrowest that names a scenario, and hello once a passing failure
    /// has passed.
    pub(crate) fn choose(
        &self,
        api: Api,
        model: &str,
        prompts: &[String],
    ) -> Result<Scenario, UnknownScenario> {
        let asked = asked_in(prompts, api);
        let mut script = self.script.lock();
        let set = |scenario: Option<&Scenario>| scenario.cloned().map(Ok);
        let chosen = asked
            .of_this
            .or_else(|| set(script.of_model.get(model)))
            .or_else(|| set(script.of_api.get(&api)))
            .or(asked.of_all)
            .or_else(|| set(script.of_all.as_ref()))
            .unwrap_or(Ok(Scenario::Hello))?;
        let Times::First(limit) = chosen.times() else { return Ok(chosen) };
        let played = script.played.entry((api, chosen.to_string(), prompts.last().cloned())).or_default();
        *played += 1;
        Ok(if *played > limit { Scenario::Hello } else { chosen })
    }

    pub(crate) fn next_number(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn remember(&self, request: Request) {
        self.log.lock().push(request);
        self.logged.notify_all();
        self.grown.notify_waiters();
    }

    pub(crate) fn retry_after(&self) -> u64 {
        self.retry_after.load(Ordering::Relaxed)
    }

    /// The patience of a request that is about to be remembered: from then on a release ends its waits.
    pub(crate) fn patience(&self) -> Patience {
        Patience { released: self.released.subscribe(), over: false }
    }
}

/// How one request waits: for a time, or until it is released, and from then on not at all.
pub(crate) struct Patience {
    released: watch::Receiver<()>,
    over: bool,
}

impl Patience {
    pub(crate) async fn pause(&mut self, time: Duration) {
        if self.over {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            _ = self.released.changed() => self.over = true,
        }
    }
}
