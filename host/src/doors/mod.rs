//! The doors: command line, REST, MCP. Thin: every one calls the same typed functions of
//! [`Host`](crate::Host) and has no logic of its own.

pub mod cli;
mod guard;
pub mod http;
mod limits;
mod mcp;
mod metrics;
mod port;
mod rest;
mod rest_access;
mod rest_tasks;
mod rest_worker;
mod stream;
mod text;
mod text_explain;
mod text_kit;
mod text_people;
mod text_replay;
mod text_workers;
mod token;

pub use token::Token;
