//! A row of a result, borrowed from its driver: nothing is copied but the columns that are read.

use super::{Error, FromValue, Result, ValueRef};
use std::fmt;

/// The cells of a row, as a driver has them.
pub trait Cells {
    /// The position of a column, by its name.
    fn position(&self, column: &str) -> Option<usize>;

    /// The name of a column.
    fn name(&self, position: usize) -> Option<&str>;

    /// A value; `None` if there is no such column.
    fn value(&self, position: usize) -> Result<Option<ValueRef<'_>>>;
}

/// A row of a result.
#[derive(Clone, Copy)]
pub struct Row<'a>(&'a dyn Cells);

impl<'a> Row<'a> {
    /// A row of these cells.
    pub const fn new(cells: &'a dyn Cells) -> Self {
        Self(cells)
    }

    /// Reads a column, by name or position from 0.
    pub fn get<C: ColumnIndex, T: FromValue>(&self, column: C) -> Result<T> {
        let position = column.position(self.0)?;
        let value = self.at(position)?;
        T::from_value(value).ok_or_else(|| {
            let name = self.0.name(position).map_or_else(|| position.to_string(), str::to_owned);
            Error::unreadable(name, value)
        })
    }

    /// Borrows the value of a column.
    pub fn get_ref(&self, column: impl ColumnIndex) -> Result<ValueRef<'a>> {
        self.at(column.position(self.0)?)
    }

    fn at(&self, position: usize) -> Result<ValueRef<'a>> {
        self.0.value(position)?.ok_or_else(|| Error::no_column(position))
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Row")
    }
}

/// What names a column: its position from 0, or its name.
pub trait ColumnIndex {
    /// The position of the column.
    fn position(&self, cells: &dyn Cells) -> Result<usize>;
}

impl ColumnIndex for usize {
    fn position(&self, _: &dyn Cells) -> Result<usize> {
        Ok(*self)
    }
}

impl ColumnIndex for &str {
    fn position(&self, cells: &dyn Cells) -> Result<usize> {
        cells.position(self).ok_or_else(|| Error::no_column(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorClass;

    /// The columns `id` and `title`.
    struct Pair(ValueRef<'static>, ValueRef<'static>);

    impl Cells for Pair {
        fn position(&self, column: &str) -> Option<usize> {
            ["id", "title"].iter().position(|name| *name == column)
        }

        fn name(&self, position: usize) -> Option<&str> {
            ["id", "title"].get(position).copied()
        }

        fn value(&self, position: usize) -> Result<Option<ValueRef<'_>>> {
            Ok([self.0, self.1].get(position).copied())
        }
    }

    #[test]
    fn column_is_read_by_name_and_by_position() {
        let cells = Pair(ValueRef::Integer(7), ValueRef::Text("plan"));
        let row = Row::new(&cells);
        assert_eq!(row.get::<_, u32>("id").unwrap(), 7);
        assert_eq!(row.get::<_, Option<String>>(1).unwrap().as_deref(), Some("plan"));
        assert_eq!(row.get_ref("title").unwrap(), ValueRef::Text("plan"));
    }

    #[test]
    fn value_that_does_not_fit_is_reported_with_its_column() {
        let cells = Pair(ValueRef::Integer(-1), ValueRef::Text("plan"));
        let error = Row::new(&cells).get::<_, u32>(0).unwrap_err();
        assert_eq!(error.to_string(), "the column id holds '-1'");
        let class = ErrorClass::Unreadable { column: "title".to_owned(), text: "plan".to_owned() };
        assert_eq!(Row::new(&cells).get::<_, i64>("title").unwrap_err().class(), &class);
    }

    #[test]
    fn column_that_is_not_there_is_an_error() {
        let cells = Pair(ValueRef::Null, ValueRef::Null);
        assert!(Row::new(&cells).get::<_, Option<i64>>("name").is_err());
        assert!(Row::new(&cells).get::<_, Option<i64>>(2).is_err());
        assert_eq!(Row::new(&cells).get::<_, Option<i64>>(1).unwrap(), None);
    }
}
