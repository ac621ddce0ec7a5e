//! Looks for somebody to talk to.

use hostile_libstd::*;
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

struct Guest;

impl Hostile for Guest {
    fn act() -> String {
        let connected = match TcpStream::connect("127.0.0.1:1") {
            Ok(_) => true,
            // Refused by the other side: it was reached.
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        };
        let heard = TcpListener::bind("127.0.0.1:0").is_ok() || UdpSocket::bind("127.0.0.1:0").is_ok();
        let named = "localhost:1".to_socket_addrs().is_ok();
        format!("connected {connected} heard {heard} named {named}")
    }
}

guest!(Guest);
