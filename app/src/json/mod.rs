//! JSON, read and written by the browser: it has a parser, and one of our own with its tables would be a sixth of what a page loads.

mod reading;
mod writing;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use web_sys::js_sys::JSON;

use self::reading::Reader;
use self::writing::Writer;

/// What `text` says; none if it is no JSON, or not of this shape.
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    of_value(JSON::parse(text).ok()?)
}

/// What a value of the browser's says; none if it is not of this shape.
pub fn of_value<T: DeserializeOwned>(value: JsValue) -> Option<T> {
    T::deserialize(Reader(value)).ok()
}

/// `value` as the browser has it.
pub fn to_value(value: &(impl Serialize + ?Sized)) -> JsValue {
    value.serialize(Writer).unwrap_or(JsValue::NULL)
}

/// `value` as text; none if it cannot be said in JSON.
pub fn write(value: &impl Serialize) -> Option<String> {
    JSON::stringify(&to_value(value)).ok()?.as_string()
}
