//! `open`: the dashboard of a running server in a browser, logged in.
//!
//! A server writes its address into a file of the data folder while it serves.

use super::args::Global;
use super::opening::{open, settings};
use super::output::{Outcome, say};
use jackfield::{Host, Work};
use jackfield_api::LoginTicket;
use jackfield_files::write_private;
use jackfield_server::Token;
use jackfield_types::{ErrorCode, Operation, Problem, Timestamp};
use serde::{Deserialize, Serialize};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file with the address of the server.
const FILE: &str = "serving.json";
/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// The address of a server, on record while it serves.
pub(super) struct Announced {
    file: PathBuf,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Serving {
    /// Where a browser on this machine finds it.
    url: String,
    /// Where it listens: an address and a port.
    address: String,
    process: u32,
}

impl Announced {
    /// Records the address of this server. A server that cannot do so serves all the same.
    pub(super) fn new(data: &Path, url: &str, address: &str) -> Self {
        let file = data.join(FILE);
        let serving =
            Serving { url: url.to_owned(), address: address.to_owned(), process: std::process::id() };
        let text = serde_json::to_string(&serving).unwrap_or_default();
        if let Err(error) = write_private(&file, text.as_bytes()) {
            tracing::warn!(%error, file = %file.display(), "failed to record the address of the server");
        }
        Self { file, text }
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        // Another server of the same data folder may serve by now.
        if std::fs::read_to_string(&self.file).is_ok_and(|text| text == self.text) {
            _ = std::fs::remove_file(&self.file);
        }
    }
}

/// A login of a browser that is still to come.
#[derive(Serialize)]
pub(super) struct Login {
    /// The address, which is good once.
    pub(super) url: String,
    expires_at: Timestamp,
}

pub(super) async fn open_dashboard(print: bool, global: &Global) -> Result<Outcome, Problem> {
    let (data, _) = settings(global)?;
    let serving = running(&data)?;
    let host = open(global, Work::Nothing).await?;
    let login = match Token::kept_in(&host.data_folder().join("token")) {
        Ok(token) => login(&host, &serving.url, &token).await,
        Err(problem) => Err(problem),
    };
    host.shutdown().await;
    let login = login?;
    let shown = !print && !global.json && has_screen() && browse(&login.url);
    let told = || {
        let how = if shown { "Opened in the browser" } else { "Open in a browser" };
        format!("{how} (the address logs in once, within 5 minutes):\n  {}", login.url)
    };
    say(global.json, told, &login);
    Ok(Outcome::Fine)
}

/// An address that logs a browser in, once. The ticket is in the fragment, which no browser sends: it reaches no log and no
/// proxy.
pub(super) async fn login(host: &Host, url: &str, token: &Token) -> Result<Login, Problem> {
    let LoginTicket { ticket, expires_at } = host.sessions().create_ticket(&token.fingerprint()).await?;
    Ok(Login { url: format!("{url}/#t={ticket}"), expires_at })
}

fn running(data: &Path) -> Result<Serving, Problem> {
    let file = data.join(FILE);
    let serving = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice::<Serving>(&text).ok());
    let answers = |serving: &Serving| {
        let address = serving.address.parse();
        address.is_ok_and(|address| TcpStream::connect_timeout(&address, CONNECT).is_ok())
    };
    serving.filter(answers).ok_or_else(|| {
        Problem::operator(
            ErrorCode::NoServer,
            format!("no server is running on the data folder {}", data.display()),
            "start one",
        )
        .with(Operation::Serve)
    })
}

fn has_screen() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"].iter().any(|name| std::env::var_os(name).is_some())
}

/// Starts a browser, which outlives this program. Returns whether one was started.
fn browse(url: &str) -> bool {
    let started = ::open::that_detached(url);
    started.inspect_err(|error| tracing::debug!(%error, "failed to start a browser")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_found_only_while_its_server_listens() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(running(data.path()).err().unwrap().code, "no_server");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let announced = Announced::new(data.path(), "http://localhost", &address);
        assert_eq!(running(data.path()).unwrap().url, "http://localhost");
        drop(listener);
        assert_eq!(running(data.path()).err().unwrap().code, "no_server");
        let newer = Announced::new(data.path(), "http://localhost:2", &address);
        drop(announced);
        assert!(data.path().join(FILE).exists(), "it is the newer server's");
        drop(newer);
        assert!(!data.path().join(FILE).exists());
    }
}
