//! A proxy on loopback that adds the bearer token to every request, for clients that cannot send one.
//!
//! Nothing else is changed but the connection, which serves one request: `Host` and `Origin` reach the
//! server as the client wrote them.

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longest head of a request, bytes.
const LONGEST_HEAD: usize = 64 << 10;

/// Runs until it is dropped.
pub(crate) struct Proxy {
    address: String,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(server: &str, token: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (server, token) = (server.to_owned(), token.to_owned());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server.clone(), token.clone()));
            }
        });
        Self { address, task }
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
async fn pass(mut client: TcpStream, server: String, token: String) {
    let Some((head, rest)) = read_head(&mut client).await else { return };
    let Ok(mut upstream) = TcpStream::connect(&server).await else { return };
    let mut sent = with_token(&head, &token).into_bytes();
    sent.extend(rest);
    if upstream.write_all(&sent).await.is_ok() {
        let _ = copy_bidirectional(&mut client, &mut upstream).await;
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
