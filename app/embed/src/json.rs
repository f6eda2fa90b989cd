//! JSON, read and written by the browser: it has a parser, and one of our own with its tables would be a sixth of what a page loads.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;
use web_sys::js_sys::JSON;

/// What `text` says; none if it is no JSON, or not of this shape.
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    of_value(JSON::parse(text).ok()?)
}

/// What a value of the browser's says; none if it is not of this shape.
pub fn of_value<T: DeserializeOwned>(value: JsValue) -> Option<T> {
    serde_wasm_bindgen::from_value(value).ok()
}

/// `value` as the browser has it.
pub fn to_value(value: &(impl Serialize + ?Sized)) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::NULL)
}

/// `value` as text; none if it cannot be said in JSON.
pub fn write(value: &impl Serialize) -> Option<String> {
    JSON::stringify(&to_value(value)).ok()?.as_string()
}
