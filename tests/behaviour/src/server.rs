//! `jackfield serve` as a process of its own, and how it is ended.

use crate::{Era, Ground, Mcp, PATIENCE, Rest, binary, until};
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// A port for a server that is started again at the same address: free now, and none that the system gives to
/// callers, who would otherwise take it while the server is away.
pub fn steady_port() -> u16 {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    (first..32_000)
        .find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}

/// A client of servers on this machine. It trusts no certificate: to read those of the system takes longer than a call.
pub(crate) fn client() -> reqwest::Client {
    jackfield_http::client().timeout(PATIENCE).no_proxy().tls_certs_only([]).build().unwrap()
}

/// A server that is ready for calls. Dropping it kills it.
pub struct Server {
    child: Child,
    /// Kept open: a server whose standard output is closed would not be the one that people start.
    _stdout: BufReader<ChildStdout>,
    address: String,
    token: String,
}

impl Server {
    pub(crate) async fn start(ground: &Ground, listen: &str, more: &[&str]) -> Self {
        let log = ground.path().join("server.log");
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        let mut child = Command::new(binary::binary())
            .args(["serve", "--listen", listen, "--data"])
            .arg(ground.data())
            .args(more)
            .current_dir(ground.path())
            .env_clear()
            .envs(ground.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the server starts");
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut told = String::new();
        let address = loop {
            let mut line = String::new();
            let read =
                timeout(PATIENCE, stdout.read_line(&mut line)).await.expect("the server says where it is");
            if read.unwrap() == 0 {
                panic!("the server ended at once: {told}\n{}", log_of(ground.path()));
            }
            told.push_str(&line);
            if let Some((_, url)) = line.trim().split_once(" serves http") {
                let (_, address) = url.split_once("://").expect("an address");
                break address.replace("0.0.0.0", "127.0.0.1");
            }
        };
        let token = std::fs::read_to_string(ground.data().join("token")).unwrap().trim().to_owned();
        Self { child, _stdout: stdout, address, token }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.address.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// The bearer token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("the server runs")
    }

    /// A REST client with the right token.
    pub fn rest(&self) -> Rest {
        Rest::new(&self.address, Some(&self.token))
    }

    /// A REST client with a token that was made for somebody.
    pub fn rest_as(&self, token: &str) -> Rest {
        Rest::new(&self.address, Some(token))
    }

    /// An MCP client with such a token.
    pub fn mcp_as(&self, token: &str, era: Era) -> Mcp {
        Mcp::new(&self.address, token, era)
    }

    /// An MCP client with the right token.
    pub fn mcp(&self, era: Era) -> Mcp {
        Mcp::new(&self.address, &self.token, era)
    }

    /// Asks it to stop, as a service manager does.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Waits until it has ended by itself.
    pub async fn gone(mut self) -> ExitStatus {
        self.ended().await
    }

    /// Asks it to stop, and waits until it has.
    pub async fn stop(self) {
        self.terminate();
        let status = self.gone().await;
        assert!(status.success(), "the server ended with {status}");
    }

    /// Kills it without a word, and waits until it is gone.
    pub async fn kill(mut self) {
        self.signal(Signal::KILL);
        self.ended().await;
    }

    /// Sends it the signal that asks a server to read its configuration again.
    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    /// Suspends it at a moment when it does not hold the database locked: nobody else could write until it wakes.
    pub async fn suspend(&self, ground: &Ground) {
        until("a moment without a write of the server", || {
            self.signal(Signal::STOP);
            let suspended = ground.database_is_free();
            if !suspended {
                self.wake();
            }
            suspended.then_some(())
        })
        .await;
    }

    /// Wakes it.
    pub fn wake(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid().cast_signed()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    async fn ended(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait()).await.expect("the server ends").unwrap()
    }
}

fn log_of(ground: &Path) -> String {
    std::fs::read_to_string(ground.join("server.log")).unwrap_or_default()
}
