//! An agent at work: waiting for it, ending it, finding it again after a restart of the host.

use crate::identity::{Containment, Identity};
use crate::readiness::readiness;
use crate::status::{Exited, Fate};
use crate::sweep::{self, Marks};
use crate::table::{self, Entry};
use crate::{ProcessError, cgroup, control};
use rustix::fd::OwnedFd;
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::process::Child;
use tokio::time::timeout;

/// A released agent. Dropping it does nothing to the agent, which can be [`adopt`]ed again.
#[derive(Debug)]
pub struct Running {
    identity: Identity,
    leader: Leader,
    marks: Marks,
    out_of_memory: bool,
}

/// Without a namespace, how often to look who belongs to an agent: a tool that sheds every mark is known only
/// while its parent lives.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Debug)]
enum Leader {
    /// Ours to collect.
    Child(Child),
    /// Started by a host that is gone; a pidfd tells when it ends.
    Adopted(AsyncFd<OwnedFd>),
}

/// How long an agent is given to end by itself, step by step. A step of no time at all is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grace {
    /// After SIGINT, on which agents stop their tools and write a last result.
    pub interrupt: Duration,
    /// After SIGTERM. Then the whole tree is killed.
    pub terminate: Duration,
}

impl Grace {
    /// Killed at once.
    pub const NONE: Self = Self { interrupt: Duration::ZERO, terminate: Duration::ZERO };
}

impl Default for Grace {
    fn default() -> Self {
        Self { interrupt: Duration::from_secs(3), terminate: Duration::from_secs(2) }
    }
}

/// What it took to end an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It had ended already.
    Itself,
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGKILL.
    Kill,
}

/// An agent was ended, and nothing of its tree is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// How the agent itself ended.
    pub exited: Exited,
    /// What it took.
    pub stage: Stage,
}

/// Takes over an agent that an earlier host started, if it is still there: then its output files are read on,
/// and [`Running::wait`] tells how it ended as if nothing had happened. `None`: its leader is gone, or its pid
/// is another process; [`Identity::fate`] tells what it left word of, and [`end_leftovers`] ends what is left.
/// Must be called within a Tokio runtime.
pub fn adopt(identity: Identity) -> Option<Running> {
    if !identity.is_this_boot() {
        return None;
    }
    let fd = control::Grip::on(identity.pid, identity.start_ticks)?.into_fd();
    let leader = Leader::Adopted(readiness(fd)?);
    Some(Running::new(identity, leader))
}

/// Ends all that is left of an agent, whether its leader is still there or not, at once and without asking.
///
/// # Errors
/// [`ProcessError::Survivors`] where something cannot be killed.
pub async fn end_leftovers(identity: &Identity) -> Result<(), ProcessError> {
    sweep::end_all(&Marks::from(identity)).await?;
    cgroup::remove(&identity.cgroups).await;
    Ok(())
}

impl Running {
    pub(crate) fn of_child(identity: Identity, child: Child) -> Self {
        Self::new(identity, Leader::Child(child))
    }

    fn new(identity: Identity, leader: Leader) -> Self {
        Self { marks: Marks::from(&identity), identity, leader, out_of_memory: false }
    }

    /// Which it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Waits until the agent has ended by itself, then ends what it left behind. Can be called again, and
    /// given up at any point without losing anything.
    ///
    /// # Errors
    /// [`ProcessError::NotStarted`] where the gate ended before the agent came to be, or
    /// [`ProcessError::Survivors`] where something it left behind cannot be killed.
    pub async fn wait(&mut self) -> Result<Exited, ProcessError> {
        let exited = self.leader_ended().await;
        self.end_all().await?;
        exited
    }

    /// Ends it: SIGINT to its group, then SIGTERM, with grace between, then SIGKILL to its whole tree. When
    /// this returns nothing of the tree is left, at whichever step the agent ended.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub async fn end(&mut self, grace: Grace) -> Result<Ended, ProcessError> {
        let steps = [
            (None, Duration::ZERO, Stage::Itself),
            (Some(Signal::INT), grace.interrupt, Stage::Interrupt),
            (Some(Signal::TERM), grace.terminate, Stage::Terminate),
        ];
        for (signal, patience, stage) in steps {
            if let Some(signal) = signal {
                if patience.is_zero() {
                    continue;
                }
                // Whoever obeys leaves its tools without a parent, so who they are is noted before.
                self.marks.look();
                control::signal_all(&self.group(), signal);
            }
            if let Ok(exited) = timeout(patience, self.leader_ended()).await {
                self.end_all().await?;
                return Ok(Ended { exited: exited?, stage });
            }
        }
        self.end_all().await?;
        let exited = match self.leader_ended().await? {
            // It could not leave word, and nobody else could see: but what ended it is known.
            Exited::UNKNOWN => Exited::by_signal(Signal::KILL.as_raw()),
            exited => exited,
        };
        Ok(Ended { exited, stage: Stage::Kill })
    }

    /// Ends whatever is left of the tree, and then its control groups.
    async fn end_all(&mut self) -> Result<(), ProcessError> {
        sweep::end_all(&self.marks).await?;
        self.out_of_memory |= cgroup::ran_out_of_memory(&self.identity.cgroups);
        cgroup::remove(&self.identity.cgroups).await;
        Ok(())
    }

    /// Whether the kernel killed a process of it because its [`TreeLimits`](crate::TreeLimits) left it no more
    /// memory. Known once it has ended.
    pub fn ran_out_of_memory(&self) -> bool {
        self.out_of_memory
    }

    /// Waits for the leader, which lives as long as the agent, and reads its word.
    async fn leader_ended(&mut self) -> Result<Exited, ProcessError> {
        let seen = loop {
            match timeout(LOOK, self.leader.ended()).await {
                Ok(seen) => break seen?,
                Err(_) if self.identity.containment == Containment::Tracked => self.marks.look(),
                Err(_) => (),
            }
        };
        match self.identity.fate() {
            Fate::Ended(exited) => Ok(exited),
            Fate::Started => Ok(seen),
            // Ended by us before it came to be: as good as ended by us after.
            Fate::NeverStarted if seen.signal.is_some() => Ok(seen),
            Fate::NeverStarted => Err(ProcessError::NotStarted { stderr: last_words(&self.identity.stderr) }),
        }
    }

    /// The agent's own process group, without those who only wait for it: ending them would end the word that
    /// they are to leave, and the first process of a PID namespace takes all others with it.
    fn group(&self) -> Vec<Entry> {
        let leader = self.identity.pid;
        let waits = |entry: &Entry| {
            entry.pid == leader
                || (self.identity.containment == Containment::PidNamespace && entry.parent == leader)
        };
        if !self.identity.is_alive() {
            return Vec::new();
        }
        let entries = table::snapshot().into_iter();
        entries.filter(|entry| entry.group == self.identity.pgid && !entry.ended && !waits(entry)).collect()
    }
}

impl Leader {
    async fn ended(&mut self) -> Result<Exited, ProcessError> {
        match self {
            Self::Child(child) => {
                let status = child.wait().await.map_err(ProcessError::io("waiting for the agent"))?;
                Ok(status.into())
            }
            Self::Adopted(fd) => {
                let _ = fd.readable().await.map_err(ProcessError::io("waiting for the adopted agent"))?;
                Ok(Exited::UNKNOWN)
            }
        }
    }
}

/// The end of what was written to standard error.
fn last_words(path: &Path) -> String {
    const MOST: u64 = 2048;
    let read = || {
        let mut file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(MOST)))?;
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes).map(|_| String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    read().unwrap_or_default()
}
