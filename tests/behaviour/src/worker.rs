//! `jackfield worker` as a process of its own, and a network of its own that it can be cut off from.

use crate::{Ground, PATIENCE, binary};
use rustix::process::{Pid, Signal, kill_process};
use std::process::{Command as Plain, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// A worker that is known to its host. Dropping it kills it.
pub struct Worker {
    child: Child,
    _stdout: BufReader<ChildStdout>,
}

impl Worker {
    pub(crate) async fn start(
        ground: &Ground,
        host: &str,
        token: &str,
        slots: u32,
        network: Option<&Network>,
    ) -> Self {
        let log = ground.path().join("worker.log");
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        let mut command = match network {
            Some(network) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", &network.name]).arg(binary::binary());
                command
            }
            None => Command::new(binary::binary()),
        };
        let mut child = command
            .args(["worker", "--host", host, "--slots", &slots.to_string(), "--data"])
            .arg(ground.data())
            .current_dir(ground.path())
            .env_clear()
            .envs(ground.environment())
            .env("JACKFIELD_WORKER_TOKEN", token)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the worker starts");
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let read =
            timeout(PATIENCE, stdout.read_line(&mut line)).await.expect("the worker is known to its host");
        let log = || std::fs::read_to_string(ground.path().join("worker.log")).unwrap_or_default();
        assert!(read.unwrap() > 0 && line.contains(" works for "), "{line}\n{}", log());
        Self { child, _stdout: stdout }
    }

    /// Asks it to stop, as a service manager does, and waits until it has.
    pub async fn stop(mut self) {
        self.signal(Signal::TERM);
        let status = timeout(PATIENCE, self.child.wait()).await.expect("the worker ends").unwrap();
        assert!(status.success(), "the worker ended with {status}");
    }

    /// Kills it without a word, and waits until it is gone.
    pub async fn kill(mut self) {
        self.signal(Signal::KILL);
        timeout(PATIENCE, self.child.wait()).await.expect("the worker ends").unwrap();
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().expect("the worker runs").cast_signed()).unwrap();
        kill_process(pid, signal).unwrap();
    }
}

/// A network namespace with one link to this machine's own.
pub struct Network {
    name: String,
    here: String,
}

impl Network {
    /// A new one. None, said loudly, where this machine does not allow it; in CI that is a failure.
    pub fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let pid = std::process::id();
        let (name, peer) = (format!("jf{pid}-{number}"), format!("jp{pid}-{number}"));
        // A /30 of its own for each process and each of its networks.
        let place = (pid * 16 + number) % (1 << 14);
        let (high, low) = (place >> 6, (place & 63) * 4);
        let (here, there) = (format!("10.217.{high}.{}", low + 1), format!("10.217.{high}.{}", low + 2));
        let made = (|| {
            ip(&["netns", "add", &name])?;
            ip(&["link", "add", &name, "type", "veth", "peer", "name", &peer])?;
            ip(&["link", "set", &peer, "netns", &name])?;
            ip(&["addr", "add", &format!("{here}/30"), "dev", &name])?;
            ip(&["link", "set", &name, "up"])?;
            ip(&["-n", &name, "addr", "add", &format!("{there}/30"), "dev", &peer])?;
            ip(&["-n", &name, "link", "set", &peer, "up"])?;
            ip(&["-n", &name, "link", "set", "lo", "up"])
        })();
        let network = Self { name, here };
        match made {
            Ok(()) => Some(network),
            Err(why) => {
                assert!(std::env::var_os("CI").is_none(), "no network namespace can be made: {why}");
                eprintln!(
                    "SKIPPED, because no network namespace can be made here (as root, with `ip`): {why}"
                );
                None
            }
        }
    }

    /// The address of this machine on the link.
    pub fn here(&self) -> &str {
        &self.here
    }

    /// Nothing gets through any more, and nobody is told: what is under way hangs.
    pub fn cut(&self) {
        ip(&["link", "set", &self.name, "down"]).unwrap();
    }

    /// The link works again.
    pub fn restore(&self) {
        ip(&["link", "set", &self.name, "up"]).unwrap();
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = ip(&["link", "del", &self.name]);
        let _ = ip(&["netns", "del", &self.name]);
    }
}

#[allow(clippy::disallowed_methods, reason = "a network is made and cut from a drop too")]
fn ip(arguments: &[&str]) -> Result<(), String> {
    let output = Plain::new("ip").args(arguments).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
