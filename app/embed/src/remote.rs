//! The server of an embedded overlay, by its JSON API and the browser's own `fetch`: no cookie goes along, and each share has
//! a token of a few minutes that the server gives to this site alone.

use cutline::api::ApiError;
use cutline::fetch::{Ask, body};
use cutline::json;
use cutline::language::Language;
use cutline::overlay::server::{Answer, Server};
use cutline_model::{ShareReceipt, ShareRequest, TargetId, Written};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use web_sys::RequestCredentials;
use web_sys::js_sys::encode_uri_component;

use crate::configuration::Configuration;

/// The site's server.
#[derive(Clone)]
pub struct Remote {
    host: String,
    key: String,
    language: Language,
}

#[derive(Serialize)]
struct Wish<'a> {
    key: &'a str,
    idempotency_key: &'a str,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

impl Remote {
    /// The server of a configuration.
    pub fn new(configuration: &Configuration) -> Self {
        let Configuration { host, key, .. } = configuration;
        Self { host: host.clone(), key: key.clone(), language: configuration.language() }
    }

    async fn send(self, request: ShareRequest, key: String) -> Result<ShareReceipt, ApiError> {
        let wish = body(&Wish { key: &self.key, idempotency_key: &key })?;
        let Token { token } = self.post("/api/v1/embed/tokens", &[], wish).await?;
        let allowed = format!("Bearer {token}");
        let headers = [("authorization", allowed.as_str()), ("idempotency-key", &key)];
        self.post("/api/v1/shares", &headers, body(&request)?).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<T, ApiError> {
        self.call("POST", path, headers, Some(body)).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Result<T, ApiError> {
        let url = format!("{}{path}", self.host);
        Ask { method, url: &url, headers, body, credentials: RequestCredentials::Omit }
            .answer(|text| json::read(text).map(ApiError::Problem))
            .await
    }
}

impl Server for Remote {
    fn share(&self, request: ShareRequest, key: String) -> Answer {
        Box::pin(self.clone().send(request, key))
    }

    fn receipt(&self, id: String) -> Answer {
        let remote = self.clone();
        Box::pin(async move { remote.call("GET", &format!("/api/v1/shares/{id}"), &[], None).await })
    }

    fn retry(&self, id: String, key: Option<String>, target: Option<TargetId>) -> Answer {
        let remote = self.clone();
        Box::pin(async move {
            let key = format!("Bearer {}", key.unwrap_or_default());
            let alone =
                target.map(|target| format!("?target={}", encoded(target.as_str()))).unwrap_or_default();
            let path = format!("/api/v1/shares/{id}/retry{alone}");
            remote.post(&path, &[("authorization", &key)], String::new()).await
        })
    }

    fn address(&self) -> &str {
        &self.host
    }

    fn receipt_in(&self, event: String) -> Option<ShareReceipt> {
        json::read(&event)
    }

    fn compose_url(&self, request: &ShareRequest) -> Option<String> {
        let image_url = request.source.image_url()?;
        let percent = |fraction: f64| Written(fraction * 100.0);
        let region = request.region;
        let mut url = format!(
            "{}/compose?image_url={}&page_url={}&x={}&y={}&w={}&h={}&lang={}&opener={}",
            self.host,
            encoded(image_url),
            encoded(request.source.page_url().unwrap_or_default()),
            percent(region.x()),
            percent(region.y()),
            percent(region.w()),
            percent(region.h()),
            self.language.tag(),
            encoded(&page_origin()),
        );
        for (name, text) in [("&alt=", &request.alt), ("&description=", &request.description)] {
            url += name;
            // What does not fit is left out: the visitor sees in that window what came there.
            for letter in text.chars().map(|letter| encoded(letter.encode_utf8(&mut [0; 4]))) {
                if url.len() + letter.len() > LONGEST_URL {
                    break;
                }
                url += &letter;
            }
        }
        Some(url)
    }
}

/// How long an address may become, in bytes: nginx takes 8,192 for the whole first line of a request.
const LONGEST_URL: usize = 6_000;

/// The site of the page, which hears what is shared in the server's own window.
fn page_origin() -> String {
    web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default()
}

/// As the browser encodes it: a table of our own would have to be loaded.
fn encoded(text: &str) -> String {
    encode_uri_component(text).into()
}
