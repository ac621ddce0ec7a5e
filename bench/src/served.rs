//! A host as people start it: a process of its own, asked over its port.
//!
//! It is the program that lies beside this one, as `cargo xtask bench` builds both.
#![allow(clippy::disallowed_methods, reason = "a bench starts what it measures")]

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

/// Every connection is a file; the usual 1,024 are too few for a crowd.
pub(crate) fn many_files() -> Result<()> {
    let most = getrlimit(Resource::Nofile).maximum;
    Ok(setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most })?)
}

/// A server that answers.
pub(crate) struct Served {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    pub(crate) address: String,
    pub(crate) token: String,
    /// From its start to the first answer to a call.
    pub(crate) took: Duration,
}

impl Served {
    pub(crate) async fn start(data: &Path) -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name("jackfield");
        ensure!(program.is_file(), "{} is not there; `cargo xtask bench` builds it", program.display());
        let begun = Instant::now();
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--set", "server.drain_s=0", "--data"])
            .arg(data)
            .env("JACKFIELD_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().context("it has no standard output")?);
        let mut line = String::new();
        let address = loop {
            line.clear();
            ensure!(timeout(PATIENCE, stdout.read_line(&mut line)).await?? > 0, "the server ended at once");
            if let Some((_, address)) = line.trim().split_once("serves http://") {
                break address.to_owned();
            }
        };
        let token = std::fs::read_to_string(data.join("token"))?.trim().to_owned();
        let mut served = Self { child, _stdout: stdout, address, token, took: Duration::ZERO };
        served.line().await?.get("/api/status").await?;
        served.took = begun.elapsed();
        Ok(served)
    }

    pub(crate) fn pid(&self) -> Result<u32> {
        self.child.id().context("it has ended")
    }

    /// A connection of its own.
    pub(crate) async fn line(&self) -> Result<Line> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        let head = format!("Host: {}\r\nAuthorization: Bearer {}\r\n", self.address, self.token);
        Ok(Line { stream: BufReader::new(stream), head })
    }

    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = Pid::from_raw(self.pid()?.cast_signed()).context("a pid")?;
        kill_process(pid, Signal::TERM)?;
        timeout(PATIENCE, self.child.wait()).await??;
        Ok(())
    }
}

/// One connection, with as little of HTTP as is needed, so that the client costs next to nothing.
pub(crate) struct Line {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Line {
    pub(crate) async fn get(&mut self, path: &str) -> Result<String> {
        self.ask("GET", path, "", "").await
    }

    /// One request and its answer. `more` are header lines, each with its end.
    pub(crate) async fn ask(&mut self, method: &str, path: &str, more: &str, body: &str) -> Result<String> {
        let status = self.send(method, path, more, body).await?;
        let mut length = 0;
        while let Some(header) = self.header().await? {
            if let Some(number) = header.strip_prefix("content-length: ") {
                length = number.trim().parse()?;
            }
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).await?;
        let text = String::from_utf8(bytes)?;
        ensure!((200..300).contains(&status), "{method} {path} answers {status}: {text}");
        Ok(text)
    }

    /// Begins to read a stream of server-sent events; then `sent` gives its lines.
    pub(crate) async fn listen(&mut self, path: &str) -> Result<()> {
        let status = self.send("GET", path, "Accept: text/event-stream\r\n", "").await?;
        ensure!(status == 200, "GET {path} answers {status}");
        while self.header().await?.is_some() {}
        Ok(())
    }

    /// The next line of a stream, those between its chunks included; none at its end.
    pub(crate) async fn sent(&mut self, line: &mut String) -> Result<bool> {
        line.clear();
        Ok(self.stream.read_line(line).await? > 0 && line != "0\r\n")
    }

    async fn send(&mut self, method: &str, path: &str, more: &str, body: &str) -> Result<u16> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\n{}{more}Content-Length: {}\r\n\r\n{body}",
            self.head,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).await?;
        let Some(line) = self.header().await? else { bail!("no answer to {method} {path}") };
        let status = line.split_whitespace().nth(1).context("a status")?;
        Ok(status.parse()?)
    }

    async fn header(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        ensure!(self.stream.read_line(&mut line).await? > 0, "the connection was closed");
        let line = line.trim_end().to_ascii_lowercase();
        Ok(Some(line).filter(|line| !line.is_empty()))
    }
}
