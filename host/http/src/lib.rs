//! The HTTP client of outgoing requests, with one TLS provider.
//!
//! reqwest is built without a TLS provider, so that aws-lc, a large library of C and assembly, is not compiled beside ring.
//! A client that is built before a provider is installed panics; every client therefore comes from [`client`].

use reqwest::ClientBuilder;
use rustls::crypto::{CryptoProvider, ring};

/// A builder of HTTP clients, with the TLS provider installed.
pub fn client() -> ClientBuilder {
    install_tls();
    ClientBuilder::new()
}

/// Installs ring as the TLS provider of the process, if none is installed. A library that builds its own client needs
/// this before.
pub fn install_tls() {
    if CryptoProvider::get_default().is_none() {
        // Another thread may have installed one since; then that one serves.
        _ = ring::default_provider().install_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_after_an_installed_provider_builds() {
        client().build().unwrap();
        install_tls();
        client().build().unwrap();
    }
}
