//! What can be bound to a parameter.

use super::{Value, ValueRef};
use std::borrow::Cow;

/// A type that can be bound to a parameter.
pub trait ToValue {
    /// The value, borrowed.
    fn to_value(&self) -> ValueRef<'_>;

    /// True if a text of this type has to be stored as it is, whatever a layer above does with texts.
    fn is_exact(&self) -> bool {
        false
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> ValueRef<'_> {
        (**self).to_value()
    }

    fn is_exact(&self) -> bool {
        (**self).is_exact()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, ToValue::to_value)
    }

    fn is_exact(&self) -> bool {
        self.as_ref().is_some_and(ToValue::is_exact)
    }
}

impl<T: ToValue + ToOwned + ?Sized> ToValue for Cow<'_, T> {
    fn to_value(&self) -> ValueRef<'_> {
        (**self).to_value()
    }

    fn is_exact(&self) -> bool {
        (**self).is_exact()
    }
}

macro_rules! integers {
    ($($number:ty)*) => {
        $(
            impl ToValue for $number {
                fn to_value(&self) -> ValueRef<'_> {
                    ValueRef::Integer(i64::from(*self))
                }
            }
        )*
    };
}

integers!(bool u8 u16 u32 i8 i16 i32 i64);

impl ToValue for f64 {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Real(*self)
    }
}

impl ToValue for str {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Text(self)
    }
}

impl ToValue for String {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Text(self)
    }
}

impl ToValue for [u8] {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Blob(self)
    }
}

impl ToValue for Vec<u8> {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Blob(self)
    }
}

impl<const LENGTH: usize> ToValue for [u8; LENGTH] {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Blob(self)
    }
}

impl ToValue for Value {
    fn to_value(&self) -> ValueRef<'_> {
        self.as_ref()
    }
}
