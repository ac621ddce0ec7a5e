//! The MCP door beyond its tools' work: what it lists, what can be read and watched, how a call ends.

mod calling;
mod listing;
mod reading;
mod tasks;
