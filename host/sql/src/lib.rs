//! What the records need of a database, whatever its driver: values, rows, parameters, one open connection
//! ([`Driver`]), and what differs by database ([`Backend`]).
//!
//! The store is written over these types alone. A driver is a crate that implements the two traits, as
//! `jackfield-sqlite` does.

mod backend;
mod driver;
mod error;
mod from_value;
mod params;
mod row;
mod to_value;
mod value;

pub use backend::{Backend, BackendError, Space};
pub use driver::{Access, Connection, Driver, EachRow};
pub use error::{Error, ErrorClass, Result};
pub use from_value::FromValue;
pub use params::{Params, ParamsFromIter, params_from_iter};
pub use row::{Cells, ColumnIndex, Row};
pub use to_value::ToValue;
pub use value::{Value, ValueRef};
