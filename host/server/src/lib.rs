//! MCP and REST over HTTP for a [`Host`](jackfield::Host): routes, authentication, limits, streams and the OpenAPI
//! description. Every route calls a typed function of the host and has no logic of its own.
//!
//! # Inside your own server
//!
//! [`http::router`] has MCP and REST as one [`axum::Router`], which can be nested under any path:
//!
//! ```
//! use axum::Router;
//! use jackfield::Host;
//! use jackfield_server::{Token, http};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let host = Host::builder(folder.path()).open().await?;
//! let agents = http::router(&host, Token::new("what every caller must show"), &[]);
//! let app: Router = Router::new().nest("/agents", agents);
//! # let _ = app;
//! # host.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod board_requests;
mod bodies;
mod contract;
mod etag;
mod fields;
mod guard;
pub mod http;
mod limits;
mod mcp;
mod metrics;
mod openapi;
mod operation;
mod origin;
mod pace;
mod path;
pub mod port;
mod refused;
mod remedies;
mod rest;
mod rest_access;
mod rest_board;
mod rest_components;
mod rest_query;
mod rest_runs;
mod rest_session;
mod rest_shadows;
mod rest_skills;
mod rest_tasks;
mod rest_webhooks;
mod rest_worker;
mod schemas;
mod session;
mod site;
mod status_code;
mod stream;
mod token;
mod traced;

pub use token::Token;

/// The embedder's guide: every piece of code in it is compiled and run with the documentation's tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedder.md")]
struct EmbedderGuide;
