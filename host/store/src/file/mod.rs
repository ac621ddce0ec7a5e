//! The database: its migrations, its one writer, and its readers.

mod bind;
mod changes;
mod packed;
mod readers;
mod row;
mod schema;
mod sent;
mod totals;
mod tx;
mod writer;

pub(crate) use bind::Exact;
pub use bind::Redact;
pub(crate) use changes::Changes;
pub use packed::unpack;
pub(crate) use packed::{pack, unpacked, unpacked_json};
pub(crate) use readers::Readers;
pub(crate) use row::{Columns, Sql, count, hour, room, signed, stamp, summed, word};
pub(crate) use schema::MIGRATIONS;
pub(crate) use totals::{Counted, total};
pub(crate) use tx::Tx;
pub(crate) use writer::Writer;
