//! What can be read from a column.

use super::ValueRef;

/// A type that can be read from a column.
pub trait FromValue: Sized {
    /// Reads a value; `None` if it is of another kind or out of range.
    fn from_value(value: ValueRef<'_>) -> Option<Self>;
}

impl FromValue for String {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl FromValue for bool {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        i64::from_value(value).map(|number| number != 0)
    }
}

impl FromValue for i64 {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Integer(number) => Some(number),
            _ => None,
        }
    }
}

macro_rules! integers {
    ($($number:ty)*) => {
        $(
            impl FromValue for $number {
                fn from_value(value: ValueRef<'_>) -> Option<Self> {
                    i64::from_value(value).and_then(|number| Self::try_from(number).ok())
                }
            }
        )*
    };
}

integers!(u8 u16 u32 u64 i8 i16 i32 usize);

impl FromValue for f64 {
    #[allow(clippy::cast_precision_loss, reason = "as a database does it")]
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Real(number) => Some(number),
            ValueRef::Integer(number) => Some(number as Self),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Blob(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

impl<const LENGTH: usize> FromValue for [u8; LENGTH] {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Blob(bytes) => bytes.try_into().ok(),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_value(value).map(Some) }
    }
}
