//! The generated types into JSON in the words of the WIT.

use super::misread::Misread;
use super::spelling::{case, field};
use serde::Serialize;
use serde::ser::{
    Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleVariant, Serializer,
};
use serde_json::{Map, Value};

pub(super) struct Writer;

fn of_case(name: &str, content: Value) -> Value {
    Value::Object(Map::from_iter([(case(name), content)]))
}

macro_rules! plain {
    ($($method:ident($type:ty)),+ $(,)?) => {$(
        fn $method(self, value: $type) -> Result<Value, Misread> {
            Ok(Value::from(value))
        }
    )+};
}

impl Serializer for Writer {
    type Ok = Value;
    type Error = Misread;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Impossible<Value, Misread>;
    type SerializeTupleVariant = Items;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    plain! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64),
        serialize_f32(f32), serialize_f64(f64), serialize_str(&str), serialize_bytes(&[u8]),
    }

    fn serialize_char(self, value: char) -> Result<Value, Misread> {
        Ok(Value::from(value.to_string()))
    }

    fn serialize_none(self) -> Result<Value, Misread> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Misread> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Misread> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Misread> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<Value, Misread> {
        Ok(Value::from(case(name)))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, Misread> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<Value, Misread> {
        Ok(of_case(name, value.serialize(self)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items, Misread> {
        Ok(Items { case: None, items: Vec::with_capacity(length.unwrap_or_default()) })
    }

    fn serialize_tuple(self, length: usize) -> Result<Items, Misread> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        _: usize,
    ) -> Result<Impossible<Value, Misread>, Misread> {
        Err(Misread::new(format!("the WIT knows nothing like {name}")))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        length: usize,
    ) -> Result<Items, Misread> {
        Ok(Items { case: Some(name), items: Vec::with_capacity(length) })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields, Misread> {
        Ok(Fields::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, Misread> {
        Ok(Fields::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Fields, Misread> {
        Ok(Fields { case: Some(name), ..Fields::default() })
    }
}

pub(super) struct Items {
    case: Option<&'static str>,
    items: Vec<Value>,
}

impl Items {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Misread> {
        self.items.push(value.serialize(Writer)?);
        Ok(())
    }

    fn done(self) -> Value {
        let items = Value::Array(self.items);
        match self.case {
            Some(name) => of_case(name, items),
            None => items,
        }
    }
}

impl SerializeSeq for Items {
    type Ok = Value;
    type Error = Misread;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Misread> {
        self.add(value)
    }

    fn end(self) -> Result<Value, Misread> {
        Ok(self.done())
    }
}

impl SerializeTuple for Items {
    type Ok = Value;
    type Error = Misread;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Misread> {
        self.add(value)
    }

    fn end(self) -> Result<Value, Misread> {
        Ok(self.done())
    }
}

impl SerializeTupleVariant for Items {
    type Ok = Value;
    type Error = Misread;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Misread> {
        self.add(value)
    }

    fn end(self) -> Result<Value, Misread> {
        Ok(self.done())
    }
}

#[derive(Default)]
pub(super) struct Fields {
    case: Option<&'static str>,
    fields: Map<String, Value>,
    key: String,
}

impl Fields {
    fn add<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Misread> {
        self.fields.insert(field(name), value.serialize(Writer)?);
        Ok(())
    }

    fn done(self) -> Value {
        let fields = Value::Object(self.fields);
        match self.case {
            Some(name) => of_case(name, fields),
            None => fields,
        }
    }
}

impl SerializeStruct for Fields {
    type Ok = Value;
    type Error = Misread;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Misread> {
        self.add(name, value)
    }

    fn end(self) -> Result<Value, Misread> {
        Ok(self.done())
    }
}

impl SerializeStructVariant for Fields {
    type Ok = Value;
    type Error = Misread;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Misread> {
        self.add(name, value)
    }

    fn end(self) -> Result<Value, Misread> {
        Ok(self.done())
    }
}

impl SerializeMap for Fields {
    type Ok = Value;
    type Error = Misread;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Misread> {
        self.key = match key.serialize(Writer)? {
            Value::String(key) => key,
            other => other.to_string(),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Misread> {
        let value = value.serialize(Writer)?;
        self.fields.insert(std::mem::take(&mut self.key), value);
        Ok(())
    }

    fn end(self) -> Result<Value, Misread> {
        Ok(self.done())
    }
}
