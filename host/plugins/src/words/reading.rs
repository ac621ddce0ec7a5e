//! JSON in the words of the WIT, into the generated types.

use super::misread::Misread;
use super::spelling::{case, field};
use super::usual::{USUAL, Usual};
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

/// A value as it was written, or one that was not.
#[derive(Default)]
pub(super) enum Words {
    Given(Value),
    Usual(Usual),
    #[default]
    Unsaid,
}

impl Words {
    pub(super) const fn given(value: Value) -> Self {
        Self::Given(value)
    }

    fn of(record: &str, name: &str, given: Option<Value>) -> Self {
        let usual = USUAL.iter().find(|(of, known, _)| *of == record && *known == name);
        match (given, usual) {
            (Some(value), _) => Self::Given(value),
            (None, Some((_, _, usual))) => Self::Usual(*usual),
            (None, None) => Self::Unsaid,
        }
    }
}

macro_rules! nothing {
    ($($method:ident => $visit:ident($nothing:expr)),+ $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
            match self {
                Self::Unsaid => visitor.$visit($nothing),
                said => said.deserialize_any(visitor),
            }
        }
    )+};
}

impl<'de> Deserializer<'de> for Words {
    type Error = Misread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match self {
            Self::Unsaid => visitor.visit_unit(),
            Self::Usual(Usual::True) => visitor.visit_bool(true),
            Self::Usual(Usual::Number(number)) => visitor.visit_u64(number),
            Self::Usual(Usual::Text(text) | Usual::Case(text)) => visitor.visit_str(text),
            Self::Given(Value::Null) => visitor.visit_unit(),
            Self::Given(Value::Bool(value)) => visitor.visit_bool(value),
            Self::Given(Value::Number(number)) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (None, Some(number), _) => visitor.visit_i64(number),
                (None, None, number) => visitor.visit_f64(number.unwrap_or_default()),
            },
            Self::Given(Value::String(text)) => visitor.visit_string(text),
            Self::Given(Value::Array(items)) => visitor.visit_seq(Items { rest: items.into_iter(), at: 0 }),
            Self::Given(Value::Object(fields)) => {
                let fields = fields.into_iter().map(|(name, value)| (name, Self::Given(value))).collect();
                visitor.visit_map(Fields { rest: fields, value: None })
            }
        }
    }

    nothing! {
        deserialize_bool => visit_bool(false),
        deserialize_u8 => visit_u64(0),
        deserialize_u16 => visit_u64(0),
        deserialize_u32 => visit_u64(0),
        deserialize_u64 => visit_u64(0),
        deserialize_i32 => visit_u64(0),
        deserialize_i64 => visit_u64(0),
        deserialize_f64 => visit_f64(0.0),
        deserialize_str => visit_str(""),
        deserialize_string => visit_str(""),
        deserialize_seq => visit_seq(Items { rest: Vec::new().into_iter(), at: 0 }),
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u128 f32 char bytes byte_buf unit unit_struct tuple_struct map identifier
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match self {
            Self::Unsaid | Self::Given(Value::Null) => visitor.visit_none(),
            said => visitor.visit_some(said),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Misread> {
        match self {
            Self::Given(Value::Array(items)) if items.len() == length => {
                visitor.visit_seq(Items { rest: items.into_iter(), at: 0 })
            }
            _ => Err(Misread::new(format!("a list of exactly {length} is wanted here"))),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        record: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        let mut given = match self {
            Self::Given(Value::Object(given)) => given,
            Self::Unsaid => Map::new(),
            other => return other.deserialize_any(visitor),
        };
        let mut fields = Vec::with_capacity(names.len());
        for name in names {
            let value = given.remove(&field(name)).or_else(|| given.remove(*name));
            fields.push(((*name).to_owned(), Self::of(record, name, value)));
        }
        if let Some(unknown) = given.keys().next() {
            let known: Vec<_> = names.iter().map(|name| field(name)).collect();
            return Err(Misread::new(format!("'{unknown}' is not known; there are {}", known.join(", "))));
        }
        visitor.visit_map(Fields { rest: fields.into_iter().collect(), value: None })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        cases: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        let (word, content) = match self {
            Self::Given(Value::String(word)) => (word, Self::Unsaid),
            Self::Given(Value::Object(given)) if given.len() == 1 => {
                let mut given = given.into_iter();
                given.next().map(|(word, content)| (word, Self::Given(content))).unwrap_or_default()
            }
            Self::Usual(Usual::Case(word)) => (word.to_owned(), Self::Unsaid),
            Self::Unsaid => (cases.first().map(|first| case(first)).unwrap_or_default(), Self::Unsaid),
            _ => (String::new(), Self::Unsaid),
        };
        let known = cases.iter().find(|name| **name == word || case(name) == word.replace('_', "-"));
        let Some(name) = known else {
            let known: Vec<_> = cases.iter().map(|name| case(name)).collect();
            return Err(Misread::new(format!("'{word}' is not one of {}", known.join(", "))));
        };
        visitor.visit_enum(Case { name, content })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        visitor.visit_unit()
    }
}

struct Items {
    rest: std::vec::IntoIter<Value>,
    at: usize,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Misread;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misread> {
        let Some(item) = self.rest.next() else { return Ok(None) };
        let at = self.at;
        self.at += 1;
        seed.deserialize(Words::Given(item)).map(Some).map_err(|misread| misread.within(&format!("[{at}]")))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Fields {
    rest: std::collections::VecDeque<(String, Words)>,
    value: Option<(String, Words)>,
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Misread;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misread> {
        let Some((name, value)) = self.rest.pop_front() else { return Ok(None) };
        let key = seed.deserialize(name.as_str().into_deserializer() as StrDeserializer<'_, Misread>)?;
        self.value = Some((name, value));
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misread> {
        let (name, value) = self.value.take().unwrap_or_default();
        seed.deserialize(value).map_err(|misread| misread.within(&field(&name)))
    }
}

struct Case {
    name: &'static str,
    content: Words,
}

impl<'de> EnumAccess<'de> for Case {
    type Error = Misread;
    type Variant = Content;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content), Misread> {
        let name = seed.deserialize(self.name.into_deserializer() as StrDeserializer<'_, Misread>)?;
        Ok((name, Content { name: self.name, content: self.content }))
    }
}

struct Content {
    name: &'static str,
    content: Words,
}

impl<'de> VariantAccess<'de> for Content {
    type Error = Misread;

    fn unit_variant(self) -> Result<(), Misread> {
        match self.content {
            Words::Unsaid | Words::Given(Value::Null) => Ok(()),
            _ => Err(Misread::new(format!("'{}' stands alone", case(self.name)))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Misread> {
        seed.deserialize(self.content).map_err(|misread| misread.within(&case(self.name)))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Misread> {
        self.content.deserialize_tuple(length, visitor).map_err(|misread| misread.within(&case(self.name)))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        let read = self.content.deserialize_struct(self.name, names, visitor);
        read.map_err(|misread| misread.within(&case(self.name)))
    }
}
