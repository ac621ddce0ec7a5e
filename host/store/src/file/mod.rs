//! The database file: how it is opened, migrated, written and read.

mod changes;
mod connect;
mod folder;
mod readers;
mod row;
mod schema;
mod writer;

pub(crate) use changes::Changes;
pub(crate) use connect::{connect, copy};
pub(crate) use folder::prepare;
pub(crate) use readers::Readers;
pub(crate) use row::{Columns, Sql, count, signed, stamp, word};
pub(crate) use schema::migrate;
pub(crate) use writer::{Tx, Writer};
