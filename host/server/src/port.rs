//! The port itself: where it listens, TLS, and how many may be connected.

use axum::Router;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use jackfield_config::ServerSection;
use jackfield_types::{ErrorCode, Operation, Problem};
use std::future::{Ready, ready};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// How often, and how long after, an address that is taken is asked for again.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(200);
/// How long whoever connects may take to say what it wants: a handshake, and the head of each request.
const HANDSHAKE: Duration = Duration::from_secs(10);
const HEAD: Duration = Duration::from_secs(30);
/// How often it is looked whether the certificate was renewed.
const LOOK: Duration = Duration::from_secs(10);

/// A port that is bound, and not served yet.
pub struct Port {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
    connections: usize,
}

/// A certificate with its key, as they were when they were read.
struct Tls {
    config: RustlsConfig,
    files: [PathBuf; 2],
    read: [Option<SystemTime>; 2],
}

impl Port {
    /// Binds what the configuration says, or `listen` in its place. An address that is taken is asked for again for
    /// a moment, because what was started by a host that was killed just now may hold it still.
    ///
    /// # Errors
    /// Where others could come in without TLS and the operator did not say that they may, the certificate cannot be
    /// used, or the address is taken.
    pub async fn open(server: &ServerSection, listen: Option<&str>) -> Result<Self, Problem> {
        let tls = Tls::of(server).await?;
        let listen = listen.unwrap_or(&server.listen);
        let open = tls.is_some() || server.plain_http;
        let mut tries = 1;
        let listener = loop {
            match bind(listen, open).await {
                Err(problem) if problem.code == ErrorCode::CannotListen && tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                bound => break bound?,
            }
        };
        let address = listener.local_addr().map_err(|error| {
            let remedy = "set server.listen to another port, or start with another address";
            Problem::operator(ErrorCode::CannotListen, error.to_string(), remedy)
                .with(Operation::ServeElsewhere)
        })?;
        Ok(Self { listener, address, tls, connections: server.connections })
    }

    /// Where it is, as others write it: `https://10.0.0.5:7700`.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme(), self.address)
    }

    /// Where a client would ask: by the name that clients have for it, where there is one. Nobody asks 0.0.0.0.
    pub fn asked_at(&self, names: &[String]) -> String {
        let (ip, port) = (self.address.ip(), self.address.port());
        if ip.is_loopback() {
            return self.url();
        }
        let is_nobodys = |name: &str| name.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified());
        let name = match names.iter().find(|name| !is_nobodys(name)) {
            Some(name) => name.clone(),
            None if !ip.is_unspecified() => return self.url(),
            None if ip.is_ipv4() => Ipv4Addr::LOCALHOST.to_string(),
            None => format!("[{}]", Ipv6Addr::LOCALHOST),
        };
        format!("{}://{name}:{port}", self.scheme())
    }

    /// An address of this machine at which it can be reached.
    pub const fn reached_at(&self) -> SocketAddr {
        let ip = match self.address.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        SocketAddr::new(ip, self.address.port())
    }

    const fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Serves until `stop` and what is being answered then is answered.
    ///
    /// # Errors
    /// Where the listener fails.
    pub async fn serve(self, router: Router, stop: CancellationToken) -> io::Result<()> {
        let handle = Handle::new();
        let doorman = Doorman { handle: handle.clone(), most: self.connections };
        let mut server = Server::<SocketAddr>::from_listener(self.listener)
            .handle(handle.clone())
            .first_request_timeout(HEAD);
        server.http_builder().http1().header_read_timeout(HEAD);
        let router = router.layer(axum::Extension(super::origin::Tls(self.tls.is_some())));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let ending = stop.clone();
        tokio::spawn(async move {
            ending.cancelled().await;
            handle.graceful_shutdown(None);
        });
        match self.tls {
            None => server.acceptor(doorman).serve(service).await,
            Some(tls) => {
                let acceptor = RustlsAcceptor::new(tls.config.clone()).handshake_timeout(HANDSHAKE);
                tokio::spawn(tls.renew(stop));
                server.acceptor(acceptor.acceptor(doorman)).serve(service).await
            }
        }
    }
}

impl Tls {
    async fn of(server: &ServerSection) -> Result<Option<Self>, Problem> {
        let (certificate, key) = match (&server.tls_cert, &server.tls_key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
            _ => {
                return Err(Problem::operator(
                    ErrorCode::HalfACertificate,
                    "one of server.tls_cert and server.tls_key is set, and not the other",
                    "set both, or neither",
                ));
            }
        };
        let read = [changed(&certificate), changed(&key)];
        let config = RustlsConfig::from_pem_file(&certificate, &key).await.map_err(|error| {
            Problem::operator(
                ErrorCode::BadCertificate,
                format!("{} with the key {} cannot be used: {error}", certificate.display(), key.display()),
                "both must be PEM, belong together, and be readable by the user of the server; include the chain of the certificate",
            )
        })?;
        Ok(Some(Self { config, files: [certificate, key], read }))
    }

    /// A renewed certificate is shown to whoever connects from then on; one that cannot be used is named once, and
    /// the old one goes on.
    async fn renew(mut self, stop: CancellationToken) {
        while tokio::time::timeout(LOOK, stop.cancelled()).await.is_err() {
            let [certificate, key] = &self.files;
            let now = [changed(certificate), changed(key)];
            if now == self.read {
                continue;
            }
            self.read = now;
            match self.config.reload_from_pem_file(certificate, key).await {
                Ok(()) => tracing::info!(file = %certificate.display(), "the certificate was renewed"),
                Err(error) => {
                    tracing::error!(file = %certificate.display(), %error, "failed to load the new certificate; the old one stays in use");
                }
            }
        }
    }
}

fn changed(file: &Path) -> Option<SystemTime> {
    file.metadata().and_then(|about| about.modified()).ok()
}

/// Lets connections in while there are not too many.
#[derive(Clone)]
struct Doorman {
    handle: Handle<SocketAddr>,
    most: usize,
}

impl<S> Accept<TcpStream, S> for Doorman {
    type Stream = TcpStream;
    type Service = S;
    type Future = Ready<io::Result<(TcpStream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        if self.handle.connection_count() > self.most {
            tracing::warn!(
                most = self.most,
                "too many connections: one was turned away (server.connections)"
            );
            return ready(Err(io::Error::other("too many connections")));
        }
        // Without this, every streamed answer waits some 40 ms for an acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        ready(Ok((stream, service)))
    }
}

/// Binds `listen`, which must be loopback unless others may come in.
pub async fn bind(listen: &str, open: bool) -> Result<TcpListener, Problem> {
    let address: SocketAddr = listen.parse().map_err(|_| {
        Problem::operator(
            ErrorCode::BadAddress,
            format!("'{listen}' is not an address and a port"),
            "write it like 127.0.0.1:7700",
        )
    })?;
    if !address.ip().is_loopback() && !open {
        return Err(Problem::operator(
            ErrorCode::NotLoopback,
            format!("{address} can be reached from other machines, and there is no TLS"),
            "set server.tls_cert and server.tls_key, or listen on 127.0.0.1 and put a reverse proxy with TLS in front; \
             on a network that you trust, set server.plain_http = true",
        ));
    }
    TcpListener::bind(address).await.map_err(|error| {
        Problem::operator(
            ErrorCode::CannotListen,
            format!("cannot listen on {address}: {error}"),
            "another host may be running; set server.listen to another port, or start with another address",
        )
        .with(Operation::ServeElsewhere)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn address_beyond_loopback_is_refused_unless_configured() {
        let problem = bind("0.0.0.0:0", false).await.unwrap_err();
        assert_eq!(problem.code, "not_loopback");
        assert!(bind("0.0.0.0:0", true).await.is_ok());
        assert_eq!(bind("nonsense", true).await.unwrap_err().code, "bad_address");
        let taken = bind("127.0.0.1:0", false).await.unwrap();
        let again = bind(&taken.local_addr().unwrap().to_string(), false).await.unwrap_err();
        assert_eq!(again.code, "cannot_listen");
    }

    #[tokio::test]
    async fn announced_address_is_one_that_clients_can_reach() {
        let server = ServerSection { plain_http: true, ..ServerSection::default() };
        let told = async |listen: &str, names: &[&str]| {
            let port = Port::open(&server, Some(listen)).await.unwrap();
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            port.asked_at(&names).replace(&format!(":{}", port.address.port()), "")
        };
        assert_eq!(told("127.0.0.1:0", &["behind.example.com"]).await, "http://127.0.0.1");
        assert_eq!(told("0.0.0.0:0", &[]).await, "http://127.0.0.1");
        assert_eq!(told("0.0.0.0:0", &["0.0.0.0", "build.example.com"]).await, "http://build.example.com");
    }

    #[tokio::test]
    async fn incomplete_or_invalid_certificate_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cert.pem");
        std::fs::write(&file, "no certificate").unwrap();
        let half = ServerSection { tls_cert: Some(file.clone()), ..ServerSection::default() };
        assert_eq!(Tls::of(&half).await.err().unwrap().code, "half_a_certificate");
        let broken = ServerSection { tls_key: Some(file), ..half };
        assert_eq!(Tls::of(&broken).await.err().unwrap().code, "bad_certificate");
        assert!(Tls::of(&ServerSection::default()).await.unwrap().is_none());
    }
}
