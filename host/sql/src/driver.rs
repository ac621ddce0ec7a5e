//! One open connection.

use super::{Result, Row, ValueRef};
use std::fmt;
use std::ops::{ControlFlow, Deref};

/// An open connection of any driver.
pub struct Connection(Box<dyn Driver>);

impl Connection {
    /// A connection of this driver.
    pub fn new(driver: impl Driver + 'static) -> Self {
        Self(Box::new(driver))
    }
}

impl Deref for Connection {
    type Target = dyn Driver;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

/// Called with each row of a result, until it breaks.
pub type EachRow<'a> = dyn FnMut(&Row<'_>) -> Result<ControlFlow<()>> + 'a;

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read from one snapshot, however many statements it takes.
    Read,
    /// Read and write. What it reads cannot be changed by others before it commits.
    Write,
}

/// One open connection. Calls block until the database has answered.
///
/// Parameters are `?1`, `?2` and so on, or `?` in their order. Statements are prepared once per connection and kept.
pub trait Driver: Send {
    /// Runs a statement that returns no rows. Returns the number of rows that it changed.
    fn execute(&self, sql: &str, params: &[ValueRef<'_>]) -> Result<usize>;

    /// Runs a statement and calls `each` with the rows that it returns. A statement that changes rows changes all of
    /// them, wherever `each` breaks.
    fn query(&self, sql: &str, params: &[ValueRef<'_>], each: &mut EachRow<'_>) -> Result<()>;

    /// Runs several statements without parameters, which are not kept.
    fn batch(&self, sql: &str) -> Result<()>;

    /// Begins a transaction.
    fn begin(&self, access: Access) -> Result<()>;

    /// Commits the transaction. What it wrote is durable when this returns. An error of the class
    /// [`ErrorClass::Unknown`](crate::ErrorClass::Unknown) leaves open whether it was committed, and the connection can be
    /// used again; after any other error it was not.
    fn commit(&self) -> Result<()>;

    /// Whether a commit can end with an error that leaves its outcome open, as where a network is between.
    fn may_lose_commits(&self) -> bool {
        false
    }

    /// True while a transaction is open and can go on: some errors end it by themselves.
    fn is_open(&self) -> bool;

    /// Undoes the transaction. Does nothing if none is open, as after an error that ended it.
    fn rollback(&self) -> Result<()>;
}
