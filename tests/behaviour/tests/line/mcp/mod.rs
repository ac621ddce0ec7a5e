//! MCP beyond the work of its tools: listings, resources, subscriptions, and how a call ends.

mod board;
mod calling;
mod listing;
mod reading;
mod tasks;
