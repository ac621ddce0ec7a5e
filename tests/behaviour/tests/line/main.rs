//! The real binary from outside: instructions in, work of agents out, at every interface.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test calls fails the test"
)]

mod access;
mod actors;
mod adopting;
mod board;
mod bounds;
mod browser;
mod cancelling;
mod choosing;
mod components;
mod configuring;
mod control;
mod crash;
mod crowd;
mod demo;
mod doctor;
mod doors;
mod exhausting;
mod explain;
mod extremes;
mod gates;
mod git;
mod juries;
mod ladder;
mod lasting;
mod live;
mod mcp;
mod money;
mod operating;
mod people;
mod queue;
mod reading;
mod recording;
mod refusals;
mod registry;
mod remote;
mod repeats;
mod rest;
mod secrets;
mod service;
mod snapshots;
mod spending;
mod stopping;
mod streaming;
mod suspended;
mod swapping;
mod terminal;
mod tls;
mod traces;
mod webhooks;
mod wishes;
mod workflow;
