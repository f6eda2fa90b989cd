//! Values of the browser's, read into our types.
//!
//! Not by serde-wasm-bindgen: it says why a value is not of a type, for which it writes every number and every name that there
//! may be. Here nobody is told, and what would say so is not even loaded.

use std::fmt::{self, Display};

use serde::de::{self, DeserializeSeed, Visitor};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::{Array, Number, Object};

/// A value that is to be read.
pub(super) struct Reader(pub JsValue);

/// It is not of the type wanted.
#[derive(Debug)]
pub(super) struct Unlike;

impl Display for Unlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not of this shape")
    }
}

impl std::error::Error for Unlike {}

impl de::Error for Unlike {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

impl<'de> de::Deserializer<'de> for Reader {
    type Error = Unlike;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unlike> {
        let Self(value) = self;
        if value.is_null() || value.is_undefined() {
            visitor.visit_unit()
        } else if let Some(is) = value.as_bool() {
            visitor.visit_bool(is)
        } else if let Some(number) = value.as_f64() {
            // Integers take no fractions, where fractions take integers.
            if Number::is_safe_integer(&value) {
                visitor.visit_i64(number as i64)
            } else {
                visitor.visit_f64(number)
            }
        } else if let Some(text) = value.as_string() {
            visitor.visit_string(text)
        } else if Array::is_array(&value) {
            visitor.visit_seq(Members::of(value.unchecked_into()))
        } else {
            visitor.visit_map(Members::in_object(&value))
        }
    }

    /// By its names alone: what reads a list in its place would be loaded for each type.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unlike> {
        if self.0.is_object() { visitor.visit_map(Members::in_object(&self.0)) } else { Err(Unlike) }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unlike> {
        if self.0.is_null() || self.0.is_undefined() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unlike> {
        visitor.visit_newtype_struct(self)
    }

    /// A name, or an object with a name and what belongs to it.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unlike> {
        if self.0.is_string() {
            return visitor.visit_enum(Variant { name: self.0, content: JsValue::UNDEFINED });
        }
        let entry = Object::entries(self.0.unchecked_ref()).get(0);
        let entry: Array = entry.dyn_into().map_err(|_| Unlike)?;
        visitor.visit_enum(Variant { name: entry.get(0), content: entry.get(1) })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unlike> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        identifier
    }
}

/// What is in a list, or the pairs of name and value in an object.
struct Members {
    list: Array,
    next: u32,
}

impl Members {
    fn of(list: Array) -> Self {
        Self { list, next: 0 }
    }

    fn in_object(value: &JsValue) -> Self {
        Self::of(Object::entries(value.unchecked_ref()))
    }

    fn next(&mut self) -> Option<JsValue> {
        (self.next < self.list.length()).then(|| {
            self.next += 1;
            self.list.get(self.next - 1)
        })
    }
}

impl<'de> de::SeqAccess<'de> for Members {
    type Error = Unlike;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unlike> {
        self.next().map(|value| seed.deserialize(Reader(value))).transpose()
    }
}

impl<'de> de::MapAccess<'de> for Members {
    type Error = Unlike;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unlike> {
        self.next().map(|pair| seed.deserialize(Reader(pair.unchecked_into::<Array>().get(0)))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unlike> {
        let pair: Array = self.list.get(self.next.saturating_sub(1)).unchecked_into();
        seed.deserialize(Reader(pair.get(1)))
    }
}

/// One of several, by its name.
struct Variant {
    name: JsValue,
    content: JsValue,
}

impl<'de> de::EnumAccess<'de> for Variant {
    type Error = Unlike;
    type Variant = Reader;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Reader), Unlike> {
        Ok((seed.deserialize(Reader(self.name))?, Reader(self.content)))
    }
}

impl<'de> de::VariantAccess<'de> for Reader {
    type Error = Unlike;

    fn unit_variant(self) -> Result<(), Unlike> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Unlike> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unlike> {
        de::Deserializer::deserialize_any(self, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unlike> {
        de::Deserializer::deserialize_any(self, visitor)
    }
}
