//! Reading JSON that somebody else may change at any time, in one pass and without building trees.
//!
//! A line of an agent's output is read into a struct of [`Scalar`]s with `#[serde(default)]`:
//! what is missing, null or of another shape than expected is simply not there, so reading fails
//! only where the line is not JSON at all. Strings are borrowed from the line wherever they hold
//! no escapes. [`Object`], [`List`], [`Entries`] and [`TextOrParts`] do the same for nested values.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

pub use serde_json::value::RawValue;

/// Reads one value from `bytes`, which must hold nothing else.
///
/// # Errors
/// Where the bytes are not JSON, or `T` insists on a shape that they do not have.
pub fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// `text` as a JSON string, quotes included.
pub fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// The arms of a visitor that pass over what is of no use to it.
macro_rules! otherwise_default {
    ($($kind:ident)*) => { $(otherwise_default!(@ $kind);)* };
    (@ scalars) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (@ text) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (@ list) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (@ object) => {
        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
}

/// Any JSON value: kept where it is a scalar, passed over where it is a list or an object.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Scalar<'a> {
    /// Missing, null, a list or an object.
    #[default]
    Nothing,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number that is not negative.
    Count(u64),
    /// Any other number.
    Number(f64),
    /// A string, borrowed where it holds no escapes.
    Text(Cow<'a, str>),
}

impl Scalar<'_> {
    /// The string, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The string, or an empty one.
    pub fn text_or_empty(&self) -> &str {
        self.text().unwrap_or_default()
    }

    /// The string, if it is one and says something.
    pub fn words(&self) -> Option<&str> {
        self.text().filter(|text| !text.trim().is_empty())
    }

    /// The number, rounded up; none for what is negative, no number, or more than a million million: the host
    /// takes no such figure, and what a program garbled is not to fail the attempt.
    pub fn count(&self) -> Option<u64> {
        let count = match self {
            Self::Count(count) => Some(*count),
            Self::Number(number) => round_up(*number),
            _ => None,
        };
        count.filter(|count| *count <= MOST)
    }

    /// True only for `true`.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Flag(true))
    }

    /// An amount in dollars as whole micro-dollars, to the nearest one; none past a million dollars.
    pub fn micros(&self) -> Option<u64> {
        let micros = match self {
            Self::Count(dollars) => dollars.checked_mul(1_000_000),
            // Half a micro-dollar less, so that rounding up rounds to the nearest.
            Self::Number(dollars) if *dollars >= 0.0 => round_up((dollars * 1e6 - 0.5).max(0.0)),
            _ => None,
        };
        micros.filter(|micros| *micros <= MOST)
    }
}

/// Past it a figure means nothing.
const MOST: u64 = 1_000_000_000_000;

/// `f64::ceil` is not in `core`; what is past 2^53 means nothing here and is not read.
fn round_up(number: f64) -> Option<u64> {
    if !(0.0..=9_007_199_254_740_992.0).contains(&number) {
        return None;
    }
    let whole = number as u64;
    Some(if (whole as f64) < number { whole + 1 } else { whole })
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor(PhantomData))
    }
}

struct ScalarVisitor<'a>(PhantomData<&'a str>);

impl<'de: 'a, 'a> Visitor<'de> for ScalarVisitor<'a> {
    type Value = Scalar<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Flag(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Count(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(u64::try_from(value).map_or(Scalar::Number(value as f64), Scalar::Count))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(value.into())))
    }

    fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(value)))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Nothing)
    }

    otherwise_default!(list object);
}

/// A value that is read as `T` where it is an object, and is `None` where it is anything else.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<T>(pub Option<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    otherwise_default!(scalars text list);

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(entries)).map(|value| Object(Some(value)))
    }
}

/// A list of `T`; empty where the value is no list.
#[derive(Debug, Clone, PartialEq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    otherwise_default!(scalars text object);

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(List(list))
    }
}

/// An object's entries in their order, values read as `T`; empty where the value is no object.
#[derive(Debug, Clone, PartialEq)]
pub struct Entries<'a, T>(pub Vec<(Cow<'a, str>, T)>);

impl<T> Default for Entries<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Entries<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<'a, T>(PhantomData<(&'a str, T)>);

impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<'a, T> {
    type Value = Entries<'a, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    otherwise_default!(scalars text list);

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some((name, value)) = entries.next_entry::<Scalar<'a>, T>()? {
            if let Scalar::Text(name) = name {
                list.push((name, value));
            }
        }
        Ok(Entries(list))
    }
}

/// Text that is sometimes a string and sometimes a list of parts.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum TextOrParts<'a, T> {
    /// Neither of the two.
    #[default]
    Nothing,
    /// A string.
    Text(Cow<'a, str>),
    /// A list.
    Parts(Vec<T>),
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for TextOrParts<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrPartsVisitor(PhantomData))
    }
}

struct TextOrPartsVisitor<'a, T>(PhantomData<(&'a str, T)>);

impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for TextOrPartsVisitor<'a, T> {
    type Value = TextOrParts<'a, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    otherwise_default!(scalars object);

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(TextOrParts::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(TextOrParts::Text(Cow::Owned(text.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        ListVisitor(PhantomData).visit_seq(items).map(|List(parts)| TextOrParts::Parts(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Line<'a> {
        #[serde(borrow)]
        name: Scalar<'a>,
        count: Scalar<'a>,
        inner: Object<Inner<'a>>,
        list: List<Scalar<'a>>,
        entries: Entries<'a, Scalar<'a>>,
        said: TextOrParts<'a, Scalar<'a>>,
    }

    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Inner<'a> {
        #[serde(borrow)]
        id: Scalar<'a>,
    }

    #[test]
    fn a_value_of_an_unexpected_shape_is_passed_over_and_the_rest_is_read() {
        let odd = [r#""text""#, "7", "-7", "1.5", "null", "true", "[1,[2]]", r#"{"x":{"y":1}}"#];
        for value in odd {
            let text = alloc::format!(
                r#"{{"count":{value},"inner":{value},"list":{value},"entries":{value},"said":{value},"name":"n"}}"#
            );
            let line: Line<'_> = read(text.as_bytes()).unwrap();
            assert_eq!(line.name.text(), Some("n"), "{value}");
        }
        let line: Line<'_> = read(br#"{"inner":{"id":"i","more":[]},"unknown":1}"#).unwrap();
        assert_eq!(line.inner.0.unwrap().id.text(), Some("i"));
        assert_eq!(line.count, Scalar::Nothing);
    }

    #[test]
    fn nested_values_keep_their_order_and_their_borrows() {
        let line: Line<'_> = read(br#"{"list":["a",2],"entries":{"y":1,"x":2},"said":["p"]}"#).unwrap();
        assert_eq!(line.list.0, [Scalar::Text("a".into()), Scalar::Count(2)]);
        assert_eq!(line.entries.0, [("y".into(), Scalar::Count(1)), ("x".into(), Scalar::Count(2))]);
        assert_eq!(line.said, TextOrParts::Parts(alloc::vec![Scalar::Text("p".into())]));
        let line: Line<'_> = read(br#"{"said":"plain"}"#).unwrap();
        assert!(matches!(line.said, TextOrParts::Text(Cow::Borrowed("plain"))));
    }

    #[test]
    fn strings_are_borrowed_unless_they_hold_escapes() {
        let line: Line<'_> = read(br#"{"name":"plain"}"#).unwrap();
        assert!(matches!(line.name, Scalar::Text(Cow::Borrowed("plain"))));
        let line: Line<'_> = read(br#"{"name":"tab\there"}"#).unwrap();
        assert_eq!(line.name.text(), Some("tab\there"));
    }

    #[test]
    fn dollars_become_the_nearest_micro_dollar() {
        let micros = |text: &[u8]| read::<Scalar<'_>>(text).unwrap().micros();
        assert_eq!(micros(b"0.005592000000000001"), Some(5_592));
        assert_eq!(micros(b"0.0018639999999999998"), Some(1_864));
        assert_eq!(micros(b"0.0000004"), Some(0));
        assert_eq!(micros(b"2"), Some(2_000_000));
        assert_eq!(micros(b"0"), Some(0));
        assert_eq!(micros(b"-1.5"), None);
        assert_eq!(micros(b"null"), None);
    }

    #[test]
    fn fractions_of_a_count_are_rounded_up() {
        let count = |text: &[u8]| read::<Scalar<'_>>(text).unwrap().count();
        assert_eq!(count(b"1220.9560603671957"), Some(1221));
        assert_eq!(count(b"1000"), Some(1000));
        assert_eq!(count(b"-3"), None);
        assert_eq!(count(b"1e300"), None);
    }
}
