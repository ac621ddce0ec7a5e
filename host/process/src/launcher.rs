//! Starting an agent in two steps: held at its gate, then released.

use crate::cgroup::{Cgroups, Groups};
use crate::identity::{Containment, Identity};
use crate::running::Running;
use crate::table;
use crate::which::{required, which};
use crate::{ProcessError, Spec, TAG_VARIABLE, gate, namespace};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{PipeWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};

/// Starts agents, in the way that this machine allows. Cheap to clone; made once.
#[derive(Debug, Clone)]
pub struct Launcher {
    sh: PathBuf,
    awk: PathBuf,
    setsid: PathBuf,
    /// `unshare` with its options, where a PID namespace is allowed.
    unshare: Option<Vec<OsString>>,
    cgroups: Cgroups,
}

/// An agent's gate: its identity is known, the agent does not exist. Dropping it ends the gate, and the agent
/// never comes to be.
#[derive(Debug)]
#[must_use = "dropping it means that the agent is never started"]
pub struct Held {
    identity: Identity,
    child: Child,
    gate: PipeWriter,
    groups: Groups,
}

impl Launcher {
    /// Finds out, by trying, what this machine allows: a PID namespace, else tracking.
    ///
    /// # Errors
    /// [`ProcessError::NoTool`] where `sh`, `awk` or `setsid` is missing or wanting.
    pub async fn detect() -> Result<Self, ProcessError> {
        let mut launcher = Self::tracked().await?;
        launcher.cgroups = launcher.usable_groups().await;
        launcher.unshare = namespace::detect(&launcher.sh).await;
        if launcher.unshare.is_some() {
            return Ok(launcher);
        }
        tracing::warn!("no PID namespace is allowed here: agents are tracked instead");
        Ok(launcher)
    }

    /// As [`detect`](Self::detect), but never with a PID namespace.
    ///
    /// # Errors
    /// As [`detect`](Self::detect).
    pub async fn tracked() -> Result<Self, ProcessError> {
        let tool = |tool| which(tool, namespace::path()).ok_or(ProcessError::NoTool { tool });
        let launcher = Self {
            sh: tool("sh")?,
            awk: tool("awk")?,
            setsid: tool("setsid")?,
            unshare: None,
            cgroups: Cgroups::default(),
        };
        // Some old ones report a program that was killed as one that succeeded.
        let program = r#"BEGIN { exit system("kill -TERM $$") == 271 && system("exit 143") == 143 ? 0 : 1 }"#;
        match namespace::tried(vec![launcher.awk.clone().into(), program.into()]).await {
            Some(0) => Ok(launcher),
            _ => Err(ProcessError::NoTool { tool: "awk" }),
        }
    }

    /// Control groups into which a process can really be put.
    async fn usable_groups(&self) -> Cgroups {
        let mut cgroups = Cgroups::detect();
        for probe in cgroups.probes() {
            let join = [self.sh.clone().into(), "-c".into(), r#"echo 0 >"$0""#.into(), probe.door().into()];
            let works = namespace::tried(join.to_vec()).await == Some(0);
            cgroups.tried(probe, works);
        }
        cgroups
    }

    /// Whether limits on the memory, and on the CPUs, of all processes of an agent together hold here.
    pub fn limits_trees(&self) -> (bool, bool) {
        (self.cgroups.limits_memory(), self.cgroups.limits_cpu())
    }

    /// How it keeps the processes of an agent together.
    pub fn containment(&self) -> Containment {
        if self.unshare.is_some() { Containment::PidNamespace } else { Containment::Tracked }
    }

    /// Starts the gate. The agent is started by [`Held::release`], and by nothing else. Takes about a
    /// millisecond, and must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`ProcessError::NoProgram`], [`ProcessError::BadCommand`], or what the operating system says.
    pub fn prepare(&self, mut spec: Spec) -> Result<Held, ProcessError> {
        let Some(name) = spec.argv.first() else {
            return Err(ProcessError::BadCommand("no program is named".into()));
        };
        let program = required(name, &spec.environment, &spec.cwd)?;
        if !self.cgroups.limits_memory() {
            spec.limits.data = spec.limits.data.or(spec.tree.memory);
        }
        let made = self.cgroups.make(&spec.tag, &spec.tree);
        let groups = made.map_err(ProcessError::io("making a control group for the agent"))?;
        let gate_argv = gate::argv(&self.sh, &self.awk, &program, &spec, self.containment(), groups.doors())?;
        let [stdout, stderr] = [&spec.stdout, &spec.stderr].map(|path| output(path));
        let (stdout, stderr) = (stdout?, stderr?);
        remove_old(&spec.status)?;
        let (reader, gate) = std::io::pipe().map_err(ProcessError::io("making the gate's pipe"))?;
        let child = Command::new(&self.setsid)
            .args(self.unshare.iter().flatten())
            .args(gate_argv)
            .env_clear()
            .envs(&spec.environment)
            .env(TAG_VARIABLE, &spec.tag)
            .current_dir(&spec.cwd)
            .stdin(Stdio::from(reader))
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .map_err(ProcessError::path("starting the agent's gate in", &spec.cwd))?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).unwrap_or_default();
        // Not collected yet, so that it is in the table even if it has ended already.
        let entry = table::entry(pid);
        let (Some(entry), Some(boot_id)) = (entry, table::boot_id()) else {
            return Err(ProcessError::NotStarted { stderr: "its entry in /proc cannot be read".into() });
        };
        let identity = Identity {
            pid,
            // setsid makes it the leader of a session and group, maybe a moment from now.
            pgid: pid,
            start_ticks: entry.start_ticks,
            boot_id,
            tag: spec.tag,
            containment: self.containment(),
            stdout: spec.stdout,
            stderr: spec.stderr,
            status: spec.status,
            cgroups: groups.folders(),
        };
        Ok(Held { identity, child, gate, groups })
    }
}

impl Held {
    /// To be recorded before [`release`](Self::release).
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Lets the agent be started. From here on nothing but its own end or [`Running::end`] ends it, not even
    /// the end of the host.
    ///
    /// # Errors
    /// [`ProcessError::NotStarted`] where the gate is gone.
    pub fn release(mut self) -> Result<Running, ProcessError> {
        self.gate.write_all(gate::GO).map_err(|_| ProcessError::NotStarted { stderr: String::new() })?;
        self.groups.keep();
        Ok(Running::of_child(self.identity, self.child))
    }
}

fn output(path: &Path) -> Result<File, ProcessError> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(ProcessError::path("opening the agent's output file", path))
}

/// What an earlier process wrote must not be taken for word from this one.
fn remove_old(status: &Path) -> Result<(), ProcessError> {
    match std::fs::remove_file(status) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(ProcessError::path("removing the old status file", status)(error))
        }
        _ => Ok(()),
    }
}
