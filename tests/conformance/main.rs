//! A server with the tools, resources and prompts that the protocol's conformance suites look for, behind the guards
//! and the transport of Jackfield's own. What a product cannot have is tested through what it does have.
//!
//! Started with a bearer token, it says where it is and serves until it is ended.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    deprecated,
    reason = "a test's own program; the suites of the older era ask for what the newer one has not"
)]

mod asking;
mod fixture;
mod jobs;
mod shown;
mod simple;

use jackfield_server::Token;
use jackfield_server::http::router_around;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let token = std::env::args().nth(1).expect("a token");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("serves http://{}", listener.local_addr().expect("an address"));
    let router = router_around(fixture::Fixture::new(), Token::new(&token), &[]);
    axum::serve(listener, router).await.expect("it serves");
}
