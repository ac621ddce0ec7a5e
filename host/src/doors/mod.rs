//! The doors: command line, REST, MCP. Thin: every one calls the same typed functions of
//! [`Host`](crate::Host) and has no logic of its own.

pub mod cli;
mod contract;
mod etag;
mod fields;
mod guard;
pub mod http;
mod limits;
mod mcp;
mod metrics;
mod openapi;
mod pace;
mod path;
mod port;
mod rest;
mod rest_access;
mod rest_components;
mod rest_query;
mod rest_runs;
mod rest_tasks;
mod rest_webhooks;
mod rest_worker;
mod schemas;
mod screen;
mod stream;
mod text;
mod text_explain;
mod text_kit;
mod text_people;
mod text_replay;
mod text_workers;
mod token;
mod traced;

pub use token::Token;
