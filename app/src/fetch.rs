//! Requests to a Cutline server by the browser's own `fetch`, answered in JSON that the browser reads.

use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestCredentials, RequestInit, Response};

use crate::api::ApiError;
use crate::json;

/// One request.
#[derive(Debug)]
pub struct Ask<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// Where to.
    pub url: &'a str,
    /// What is said besides, by name.
    pub headers: &'a [(&'a str, &'a str)],
    /// JSON; none for no body.
    pub body: Option<String>,
    /// Whether cookies go along.
    pub credentials: RequestCredentials,
}

impl Ask<'_> {
    /// The answer, read; what the server refuses is read by `refusal`.
    ///
    /// # Errors
    ///
    /// Why the server refuses, or [`ApiError::Unreachable`] where there is no answer of a Cutline server's.
    pub async fn answer<T: DeserializeOwned>(
        self,
        refusal: fn(&str) -> Option<ApiError>,
    ) -> Result<T, ApiError> {
        let (is_well, text) = self.send().await.map_err(|_| ApiError::Unreachable)?;
        if is_well {
            json::read(&text).ok_or(ApiError::Unreachable)
        } else {
            Err(refusal(&text).unwrap_or(ApiError::Unreachable))
        }
    }

    /// Whether the answer is a good one, and its text.
    async fn send(self) -> Result<(bool, String), JsValue> {
        let headers = Headers::new()?;
        for (name, value) in self.headers {
            headers.set(name, value)?;
        }
        let how = RequestInit::new();
        how.set_method(self.method);
        how.set_credentials(self.credentials);
        if let Some(body) = self.body {
            // No plain form can say so: the browser asks another site's server first.
            headers.set("content-type", "application/json")?;
            how.set_body(&body.into());
        }
        how.set_headers(&headers);
        let window = web_sys::window().ok_or(JsValue::NULL)?;
        let response: Response =
            JsFuture::from(window.fetch_with_str_and_init(self.url, &how)).await?.dyn_into()?;
        let text = JsFuture::from(response.text()?).await?;
        Ok((response.ok(), text.as_string().unwrap_or_default()))
    }
}

/// A value as the body of a request.
///
/// # Errors
///
/// [`ApiError::Unreachable`] for what JSON cannot say, which none of ours is.
pub fn body(value: &impl serde::Serialize) -> Result<String, ApiError> {
    json::write(value).ok_or(ApiError::Unreachable)
}
