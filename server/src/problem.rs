//! Problems as HTTP answers, and JSON bodies that become checked values or a problem that names the field.
//!
//! The type itself travels and is at home in the model; here it gets its status line. What serde says about a body
//! is safe to repeat: it speaks of the request's own text and of our field names.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use cutline_model::{Problem, ProblemCode};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

/// Largest JSON body, in bytes; 64 KiB, sixty times the longest ordinary share request.
pub const MAX_BODY_BYTES: usize = 64 << 10;

/// Longest time for the whole body to arrive, so that a body that trickles in does not hold a connection for good.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// Longest explanation sent, in characters: it may repeat a part of the request.
const MAX_DETAIL_CHARS: usize = 300;

/// When a client that was turned away for load may come again, in seconds.
const RETRY_AFTER_SECONDS: u64 = 5;

/// A [`Problem`] as an answer: `application/problem+json` with its status, and `Retry-After` when we are busy or the
/// picture's server says when it will not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemResponse(pub Problem);

impl ProblemResponse {
    /// The answer to a problem of kind `code`; `detail` says what happened and what to do about it.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self(Problem::new(code, detail))
    }
}

impl From<Problem> for ProblemResponse {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for ProblemResponse {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let busy = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_SECONDS);
        let retry_after = self.0.retry_after.or(busy);
        let mut response = (status, Json(self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A request's JSON body as a `T`, whose own checks have run.
///
/// A body that is not JSON, or is not called JSON, is `malformed` (400); a wrong value is `invalid_field` (422) and
/// names the field, for example `source.image_url`; one of more than 64 KiB is `too_large` (413).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked<T>(pub T);

impl<S, T> FromRequest<S> for Checked<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ProblemResponse;

    async fn from_request(request: Request, _: &S) -> Result<Self, ProblemResponse> {
        if !is_json(request.headers()) {
            let detail = "send JSON, with the header Content-Type: application/json";
            return Err(ProblemResponse::new(ProblemCode::Malformed, detail));
        }
        let body = read_body(request, BODY_TIMEOUT).await?;
        parse(&body).map(Self).map_err(ProblemResponse)
    }
}

/// Whether the body is called `application/json` or something built on it (`application/ld+json`).
fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.strip_prefix("application/").is_some_and(|kind| kind == "json" || kind.ends_with("+json"))
}

/// The same request with its body read, under the same limits as [`Checked`].
pub async fn with_body_read(request: Request) -> Result<Request, ProblemResponse> {
    let (parts, body) = request.into_parts();
    let body = read_body(Request::from_parts(parts.clone(), body), BODY_TIMEOUT).await?;
    Ok(Request::from_parts(parts, body.into()))
}

async fn read_body(request: Request, timeout: Duration) -> Result<Bytes, ProblemResponse> {
    let too_large = || {
        let detail = format!("the body must not be longer than {} KiB", MAX_BODY_BYTES >> 10);
        ProblemResponse::new(ProblemCode::TooLarge, detail)
    };
    // A declared length is believed when it condemns, so that nothing of such a body is read.
    let declared =
        request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > MAX_BODY_BYTES as u64) {
        return Err(too_large());
    }
    let reading = Limited::new(request.into_body(), MAX_BODY_BYTES).collect();
    match tokio::time::timeout(timeout, reading).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(ProblemResponse::new(ProblemCode::Malformed, "the body broke off: send it again")),
        Err(_) => {
            let detail = format!("the body did not arrive within {} ms: send it again", timeout.as_millis());
            Err(ProblemResponse::new(ProblemCode::Malformed, detail))
        }
    }
}

/// Reads JSON; an error names the field by its path.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if body.trim_ascii().is_empty() {
        return Err(Problem::new(ProblemCode::Malformed, "the body is empty: send a JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        explain(error.inner(), &path)
    })?;
    reader.end().map_err(|error| explain(&error, "."))?;
    Ok(value)
}

fn explain(error: &serde_json::Error, path: &str) -> Problem {
    let message = error.to_string();
    if !error.is_data() {
        return Problem::new(ProblemCode::Malformed, shortened(&format!("the body is not JSON: {message}")));
    }
    let position = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&position).unwrap_or(&message);
    let path = if path == "." { "" } else { path };
    let problem = Problem::new(ProblemCode::InvalidField, shortened(message));
    match (path, missing_field(message)) {
        ("", None) => problem,
        ("", Some(field)) => problem.in_field(field),
        (path, None) => problem.in_field(shortened(path)),
        (path, Some(field)) => problem.in_field(format!("{path}.{field}")),
    }
}

/// serde's path ends at the object that lacks the field: its message has the field's name.
fn missing_field(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_DETAIL_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use cutline_model::ShareRequest;

    use super::*;

    fn request(content_type: Option<&str>, body: impl Into<Body>) -> Request {
        let mut request = Request::new(body.into());
        if let Some(content_type) = content_type {
            request.headers_mut().insert(CONTENT_TYPE, content_type.parse().expect("a header"));
        }
        request
    }

    async fn read(request: Request) -> Result<ShareRequest, ProblemResponse> {
        Checked::from_request(request, &()).await.map(|Checked(request)| request)
    }

    /// Status, headers that matter and body of the answer, as a client sees them.
    async fn answer(problem: ProblemResponse) -> serde_json::Value {
        let response = problem.into_response();
        let header =
            |name| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        let (content_type, retry_after) = (header(CONTENT_TYPE), header(RETRY_AFTER));
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        serde_json::json!({ "status": status, "content-type": content_type, "retry-after": retry_after, "body": body })
    }

    const GOOD: &str =
        r#"{"source":{"image_url":"https://a.example/a.jpg"},"region":"pct:0,0,50,50","targets":["board"]}"#;

    #[tokio::test]
    async fn a_share_request_is_read() {
        for content_type in ["application/json", "Application/JSON; charset=utf-8", "application/ld+json"] {
            let request = read(request(Some(content_type), GOOD)).await.expect(content_type);
            assert_eq!(request.source.image_url(), Some("https://a.example/a.jpg"));
        }
    }

    #[tokio::test]
    async fn each_wrong_body_gets_its_problem() {
        let mut answers = serde_json::Map::new();
        for (name, body) in [
            ("nothing", ""),
            ("not JSON", "{\"source\": nothing}"),
            ("breaks off", r#"{"source": {"image_url": "https://a"#),
            (
                "more behind it",
                r#"{"source":{"image_url":"https://a.example/a.jpg"},"region":"pct:0,0,1,1","targets":[]} x"#,
            ),
            ("not an object", "[]"),
            ("no targets", r#"{"source":{"image_url":"https://a.example/a.jpg"},"region":"pct:0,0,1,1"}"#),
            ("unknown field", r#"{"source":{"image_url":"https://a.example/a.jpg"},"colour":"red"}"#),
            ("no height", r#"{"source":{"image_url":"https://a.example/a.jpg","natural":{"width":1}}}"#),
            ("address of a file", r#"{"source":{"image_url":"file:///etc/passwd"}}"#),
            ("address is a number", r#"{"source":{"image_url":3}}"#),
            ("region outside", r#"{"region":{"x":0.5,"y":0,"w":0.6,"h":1}}"#),
            ("region in pixels", r#"{"region":"xywh=pixel:1,2,3,4"}"#),
            ("region without sense", r#"{"region":{"x":"left"}}"#),
            ("target misspelled", r#"{"targets":["board","Mastodon:"]}"#),
            ("description is a list", r#"{"description":[]}"#),
        ] {
            let problem = read(request(Some("application/json"), body)).await.expect_err(name);
            answers.insert(name.to_owned(), answer(problem).await);
        }
        insta::assert_json_snapshot!(answers);
    }

    #[tokio::test]
    async fn a_body_that_is_not_called_json_is_refused() {
        for content_type in
            [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("text/json+xml")]
        {
            let problem = read(request(content_type, GOOD)).await.expect_err("not called JSON");
            assert_eq!((problem.0.code, problem.0.status), (ProblemCode::Malformed, 400), "{content_type:?}");
            assert!(problem.0.detail.contains("Content-Type: application/json"));
        }
    }

    #[tokio::test]
    async fn the_largest_body_is_64_kibibytes() {
        let padded = |length: usize| format!("{GOOD}{}", " ".repeat(length - GOOD.len()));
        assert!(read(request(Some("application/json"), padded(MAX_BODY_BYTES))).await.is_ok());
        let problem =
            read(request(Some("application/json"), padded(MAX_BODY_BYTES + 1))).await.expect_err("too large");
        assert_eq!((problem.0.code, problem.0.status), (ProblemCode::TooLarge, 413));

        let mut declared = request(Some("application/json"), GOOD);
        declared.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(MAX_BODY_BYTES + 1));
        assert_eq!(read(declared).await.expect_err("too large").0.code, ProblemCode::TooLarge);
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        struct Silent;
        impl hyper::body::Body for Silent {
            type Data = Bytes;
            type Error = std::convert::Infallible;
            fn poll_frame(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
                std::task::Poll::Pending
            }
        }
        let silent = request(Some("application/json"), Body::new(Silent));
        let problem = read_body(silent, Duration::from_millis(20)).await.expect_err("it never ends");
        assert_eq!(problem.0.code, ProblemCode::Malformed);
        assert!(problem.0.detail.contains("within 20 ms"));
    }

    #[tokio::test]
    async fn a_long_value_is_not_repeated_in_full() {
        let body = format!(r#"{{"targets":"{}"}}"#, "é".repeat(10_000));
        let problem = read(request(Some("application/json"), body)).await.expect_err("not a list");
        assert!(problem.0.detail.chars().count() <= MAX_DETAIL_CHARS + 1, "{}", problem.0.detail);
    }

    #[tokio::test]
    async fn busy_says_when_to_come_again() {
        let busy = ProblemResponse::new(
            ProblemCode::Busy,
            "256 pictures are waiting already: try again in a few seconds",
        );
        insta::assert_json_snapshot!(answer(busy).await);
    }
}
