//! The database file: how it is opened, migrated, written and read.

mod backup;
mod bind;
mod changes;
mod connect;
mod folder;
mod readers;
mod row;
mod schema;
mod totals;
mod tx;
mod writer;

pub use backup::Copied;
pub(crate) use backup::copy;
pub(crate) use bind::Exact;
pub use bind::Redact;
pub(crate) use changes::Changes;
pub(crate) use connect::connect;
pub(crate) use folder::prepare;
pub(crate) use readers::Readers;
pub(crate) use row::{Columns, Sql, count, hour, room, signed, stamp, summed, word};
pub(crate) use schema::migrate;
pub(crate) use totals::{Counted, total};
pub(crate) use tx::Tx;
pub(crate) use writer::Writer;
