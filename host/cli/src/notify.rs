//! Notifies the service manager of the server's state (`Type=notify` of systemd).

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Where the manager listens, as it says itself.
const SOCKET: &str = "NOTIFY_SOCKET";

/// Calls are answered from now on.
pub(super) fn ready(status: &str) {
    tell(&format!("READY=1\nSTATUS={status}"));
}

/// It is on its way out, and that may take so long.
pub(super) fn stopping(longest: Duration) {
    tell(&format!("STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC={}", longest.as_micros()));
}

fn tell(words: &str) {
    let Some(socket) = std::env::var(SOCKET).ok().filter(|socket| !socket.is_empty()) else { return };
    if let Err(error) = send(&socket, words) {
        tracing::warn!("failed to notify the service manager at {socket}: {error}");
    }
}

fn send(socket: &str, words: &str) -> io::Result<()> {
    let address = match socket.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(words.as_bytes(), &address).map(drop)
}
