//! Our types, written as values of the browser's: texts, numbers, lists, objects with names, and nothing. What else serde knows is
//! in none of them.

use serde::Serialize;
use serde::ser::{self, Impossible};
use wasm_bindgen::JsValue;
use web_sys::js_sys::{Array, Object, Reflect};

use super::reading::Unlike;

/// Writes one value.
pub(super) struct Writer;

impl ser::Error for Unlike {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

type Written = Result<JsValue, Unlike>;

impl ser::Serializer for Writer {
    type Ok = JsValue;
    type Error = Unlike;
    type SerializeSeq = List;
    type SerializeTuple = Impossible<JsValue, Unlike>;
    type SerializeTupleStruct = Impossible<JsValue, Unlike>;
    type SerializeTupleVariant = Impossible<JsValue, Unlike>;
    type SerializeMap = Impossible<JsValue, Unlike>;
    type SerializeStruct = Named;
    type SerializeStructVariant = Impossible<JsValue, Unlike>;

    fn serialize_bool(self, is: bool) -> Written {
        Ok(is.into())
    }

    fn serialize_i8(self, number: i8) -> Written {
        Ok(number.into())
    }

    fn serialize_i16(self, number: i16) -> Written {
        Ok(number.into())
    }

    fn serialize_i32(self, number: i32) -> Written {
        Ok(number.into())
    }

    fn serialize_i64(self, number: i64) -> Written {
        Ok((number as f64).into())
    }

    fn serialize_u8(self, number: u8) -> Written {
        Ok(number.into())
    }

    fn serialize_u16(self, number: u16) -> Written {
        Ok(number.into())
    }

    fn serialize_u32(self, number: u32) -> Written {
        Ok(number.into())
    }

    fn serialize_u64(self, number: u64) -> Written {
        // As JSON has it: the browser knows one kind of number.
        Ok((number as f64).into())
    }

    fn serialize_f32(self, number: f32) -> Written {
        Ok(number.into())
    }

    fn serialize_f64(self, number: f64) -> Written {
        Ok(number.into())
    }

    fn serialize_char(self, letter: char) -> Written {
        Ok(letter.to_string().into())
    }

    fn serialize_str(self, text: &str) -> Written {
        Ok(text.into())
    }

    fn serialize_bytes(self, _: &[u8]) -> Written {
        Err(Unlike)
    }

    fn serialize_none(self) -> Written {
        Ok(JsValue::NULL)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        Ok(JsValue::NULL)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(JsValue::NULL)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Written {
        Ok(name.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Written {
        let mut named = Named(Object::new());
        ser::SerializeStruct::serialize_field(&mut named, name, value)?;
        Ok(named.0.into())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, Unlike> {
        Ok(List(Array::new()))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unlike> {
        Err(Unlike)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Unlike> {
        Err(Unlike)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unlike> {
        Err(Unlike)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unlike> {
        Err(Unlike)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Named, Unlike> {
        Ok(Named(Object::new()))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unlike> {
        Err(Unlike)
    }
}

/// A list that is being written.
pub(super) struct List(Array);

impl ser::SerializeSeq for List {
    type Ok = JsValue;
    type Error = Unlike;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unlike> {
        self.0.push(&value.serialize(Writer)?);
        Ok(())
    }

    fn end(self) -> Written {
        Ok(self.0.into())
    }
}

/// An object that is being written.
pub(super) struct Named(Object);

impl ser::SerializeStruct for Named {
    type Ok = JsValue;
    type Error = Unlike;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unlike> {
        Reflect::set(&self.0, &name.into(), &value.serialize(Writer)?).map(drop).map_err(|_| Unlike)
    }

    fn end(self) -> Written {
        Ok(self.0.into())
    }
}
