//! The connector for a bucket of S3, Amazon's or another's (<https://docs.aws.amazon.com/AmazonS3/latest/API/>): the picture, and
//! beside it a document with the words.
//!
//! Both are named after the share and put only if there is none of that name, so that sending again changes nothing. Requests are
//! signed as Signature Version 4 has it, by the library that keeps clippings in buckets too.

mod signing;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cutline_model::Target;
use cutline_text::{Rule, Unit};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use self::signing::Signer;
use super::html::slug;
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::Answer;
use crate::deliver::line::{Line, Meaning, Tools};
use crate::deliver::{
    Account, AccountError, Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting,
};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "s3",
    title: "S3 bucket",
    // A bucket.
    icon: "M4 6c0-1 3.600-2 8-2s8 1 8 2-3.600 2-8 2-8-1-8-2zM4 6l2 13c.2 1 3 2 6 2s5.800-1 6-2l2-13",
    server: ServerKey::AskedWithPath("https://s3.eu-central-1.amazonaws.com"),
    account: AccountKey {
        is: "the bucket's name, and behind a slash the folder in it, if any",
        example: "my-bucket/shares",
        sign: "",
        parse: parse_bucket,
    },
    token: "an access key: its id, a colon, and its secret; it must be allowed to get, put and delete objects",
    check: |account| Signer::of(account).map(drop),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Bytes, 60_000),
        alt: Some(Rule::new(Unit::Bytes, 60_000)),
        picture: PictureLimits {
            formats: &[],
            max_bytes: Some(5 << 30),
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "is removed with the share, and before another is uploaded for it",
    repetition: "objects are named after their share, and put only if there is none of that name",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html",
    read_on: "2026-11-23",
    proof: Proof::Server("s3s, which checks signatures and conditions as S3 does"),
    more: include_str!("s3/more.md"),
    make: |account, tools| Ok(Arc::new(S3::new(account, tools)?)),
};

const IF_NONE_MATCH: (HeaderName, HeaderValue) = (header::IF_NONE_MATCH, HeaderValue::from_static("*"));

/// Reads `my-bucket` or `my-bucket/folder/in/it`.
fn parse_bucket(text: &str) -> Option<String> {
    let mut parts = text.split('/');
    let bucket = parts.next()?;
    let is_bucket = (3..=63).contains(&bucket.len())
        && bucket
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte));
    let is_folder = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    (is_bucket && text.len() <= 190 && parts.all(is_folder)).then(|| text.to_owned())
}

/// What S3 says in its bodies: `<Error><Code>SignatureDoesNotMatch</Code><Message>…</Message></Error>`.
fn reading(answer: &Answer) -> Option<Meaning> {
    match answer.element("Code")?.as_str() {
        "AccessDenied"
        | "AccountProblem"
        | "ExpiredToken"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "NotSignedUp"
        | "SignatureDoesNotMatch"
        | "TokenRefreshRequired" => Some(Meaning::Reconnect),
        "SlowDown" | "TooManyRequests" | "OperationAborted" | "ConditionalRequestConflict" => {
            Some(Meaning::Wait(None))
        }
        "InternalError" | "RequestTimeout" | "ServiceUnavailable" => Some(Meaning::Trouble),
        "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed" => Some(Meaning::Moved),
        _ => Some(Meaning::Refused),
    }
}

/// One folder in one bucket.
struct S3 {
    line: Line,
    signer: Signer,
}

impl S3 {
    fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        let signer = Signer::of(&account)?;
        Ok(Self { line: Line::new(account, tools, reading)?, signer })
    }

    fn path<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        self.line.account.name.split('/').chain([name]).collect()
    }

    /// A signed request about the object of this name.
    fn request(
        &self,
        method: Method,
        name: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<RequestBuilder, PostError> {
        let path = self.path(name);
        let mut url = self.line.address(&path);
        url.set_query(None);
        let headers = self.signer.signed(&method, &url, headers, body.clone()).map_err(|detail| {
            PostError::Final { reason: "The request cannot be signed.".to_owned(), detail }
        })?;
        Ok(self.line.tools.client.request(method, url).headers(headers).body(body))
    }

    fn put(&self, name: &str, media_type: &str, body: Bytes) -> Result<RequestBuilder, PostError> {
        let kind = HeaderValue::from_str(media_type).map_err(|error| PostError::Final {
            reason: "The clipping's media type cannot be sent.".to_owned(),
            detail: error.to_string(),
        })?;
        let headers = HeaderMap::from_iter([IF_NONE_MATCH, (header::CONTENT_TYPE, kind)]);
        self.request(Method::PUT, name, headers, body)
    }

    fn posted(&self, picture: &str) -> Posted {
        let mut url = self.line.address(&self.path(picture));
        url.set_query(None);
        Posted { url: Some(url.into()), id: Some(picture.to_owned()) }
    }

    async fn delete(&self, name: &str) -> Result<(), PostError> {
        self.line.remove(self.request(Method::DELETE, name, HeaderMap::new(), Bytes::new())?).await
    }
}

/// Whether an object of that name was there before: then it is this one.
fn was_there(answer: &Answer) -> bool {
    answer.status == StatusCode::PRECONDITION_FAILED
}

/// The document beside a picture.
fn document(name: &str) -> String {
    format!("{}.json", name.split('.').next().unwrap_or_default())
}

#[async_trait]
impl Platform for S3 {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    fn server(&self) -> String {
        self.line.origin()
    }

    async fn limits(&self) -> Limits {
        ENTRY.limits
    }

    /// What it gives is the picture's name.
    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        let extension = post.file_name.rsplit('.').next().unwrap_or_default();
        let name = format!("{}.{extension}", slug(&post.link));
        let answer = self.line.ask(self.put(&name, &post.media_type, post.bytes.clone())?).await?;
        if answer.status.is_success() || was_there(&answer) {
            Ok(name)
        } else {
            Err(self.line.refused(&answer))
        }
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let words = json!({
            "link": post.link,
            "description": post.description,
            "alt": post.alt,
            "credit": post.credit,
            "shared_at": post.shared_at.to_string(),
            "picture": {
                "name": upload,
                "type": post.media_type,
                "width": post.size.width(),
                "height": post.size.height(),
            },
        });
        let body = Bytes::from(format!("{words:#}\n"));
        let answer = self.line.sent(self.put(&document(upload), "application/json", body)?).await?;
        if answer.status.is_success() || was_there(&answer) {
            Ok(self.posted(upload))
        } else {
            Err(self.line.post_refused(&answer))
        }
    }

    async fn find(&self, link: &str, _: Timestamp) -> Result<Sighting, PostError> {
        let name = format!("{}.json", slug(link));
        let answer = self.line.ask(self.request(Method::GET, &name, HeaderMap::new(), Bytes::new())?).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Sighting::NotThere);
        }
        if !answer.status.is_success() {
            return Err(self.line.refused(&answer));
        }
        let json = answer.json().unwrap_or_default();
        let picture = json.pointer("/picture/name").and_then(Value::as_str);
        Ok(picture.map_or_else(
            || Sighting::CannotTell { detail: "the document names no picture".to_owned() },
            |picture| Sighting::There(self.posted(picture)),
        ))
    }

    /// Removes both; what names the other is the last to go.
    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        self.delete(post_id).await?;
        self.delete(&document(post_id)).await
    }

    async fn discard(&self, upload: &str) -> Result<(), PostError> {
        self.delete(upload).await
    }

    async fn knows_repetitions_for(&self, _: Option<&str>) -> Duration {
        Duration::MAX
    }
}
