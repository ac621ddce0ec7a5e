//! A proxy on loopback that adds the bearer token to every request, for clients that cannot send one, and knows
//! what was said in both directions.
//!
//! Nothing else is changed but the connection, which serves one request: `Host` and `Origin` reach the
//! server as the client wrote them.

use parking_lot::Mutex;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longest head of a request, bytes.
const LONGEST_HEAD: usize = 64 << 10;

/// Runs until it is dropped.
pub(crate) struct Proxy {
    address: String,
    task: JoinHandle<()>,
    /// What the server answered.
    answered: Arc<Mutex<Vec<u8>>>,
}

impl Proxy {
    pub(crate) async fn start(server: &str, token: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (server, token) = (server.to_owned(), token.to_owned());
        let answered = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&answered);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server.clone(), token.clone(), Arc::clone(&kept)));
            }
        });
        Self { address, task, answered }
    }

    /// Everything that the server has answered so far, to whatever was asked.
    pub(crate) fn answered(&self) -> String {
        String::from_utf8_lossy(&self.answered.lock()).into_owned()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A connection that breaks is the client's or the server's own doing, and theirs to complain about.
async fn pass(mut client: TcpStream, server: String, token: String, answered: Arc<Mutex<Vec<u8>>>) {
    let Some((head, rest)) = read_head(&mut client).await else { return };
    let Ok(mut upstream) = TcpStream::connect(&server).await else { return };
    let mut sent = with_token(&head, &token).into_bytes();
    sent.extend(rest);
    if upstream.write_all(&sent).await.is_err() {
        return;
    }
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = upstream.split();
    let back = async {
        let mut chunk = vec![0; 16 << 10];
        while let Ok(read @ 1..) = from_server.read(&mut chunk).await {
            answered.lock().extend_from_slice(&chunk[..read]);
            if to_client.write_all(&chunk[..read]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = back => {}
        // A client that has gone takes its request with it.
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
    }
}

/// The head of the first request, without the empty line that ends it, and what came after that.
async fn read_head(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut read = Vec::new();
    loop {
        if let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let rest = read.split_off(end + 4);
            read.truncate(end);
            return Some((String::from_utf8(read).ok()?, rest));
        }
        if read.len() > LONGEST_HEAD || client.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    }
}

fn with_token(head: &str, token: &str) -> String {
    let is_kept = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        name != "authorization" && name != "connection"
    };
    let kept: Vec<&str> = head.split("\r\n").filter(is_kept).collect();
    format!("{}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n", kept.join("\r\n"))
}
