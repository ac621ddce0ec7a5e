//! The records in one SQLite file, `jackfield.db` in the data folder, which several processes may have open.
//!
//! The only crate of the product that names rusqlite. What it offers is [`Sqlite`], a
//! [`Backend`](jackfield_sql::Backend); the statements and the migrations are the store's.

mod backend;
mod backup;
mod compact;
mod connect;
mod driver;
mod error;
mod folder;
mod identity;
mod schema;

pub use backend::Sqlite;
