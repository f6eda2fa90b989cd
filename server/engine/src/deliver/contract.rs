//! What contract tests share: requests as texts for snapshots, and tables of answers with what each must mean.

use std::sync::Arc;

use serde_json::Value;

use super::fake_server::{FakeServer, ITSELF, Reply, Seen, in_short, post, send};
use super::{Platform, Post, PostError};

/// Headers that say nothing of the platform.
const PLAIN: [&str; 5] = ["accept", "content-length", "host", "transfer-encoding", "user-agent"];
/// Headers that are others each time, with what stays of them.
const OF_THE_MOMENT: [(&str, &str); 3] =
    [("authorization", "Ghost "), ("webhook-signature", "v1,"), ("webhook-timestamp", "")];
/// What a visitor reads when whoever looks after the site must act.
pub(super) const RECONNECT: &str = "The site's account at 127.0.0.1 must be connected again.";
/// What a visitor reads of a post of which nobody knows.
pub(super) const DOUBT: &str = "Look there first";
/// What a visitor reads when the platform wants time.
pub(super) const PAUSE: &str = "asks for a pause";

/// The requests so far, word by word; bytes that are no text are escaped, and boundaries named alike.
pub(super) fn told(fake: &FakeServer) -> String {
    let requests: Vec<_> = fake.seen().iter().map(request).collect();
    requests.join("\n----\n").replace(fake.url.as_str(), ITSELF)
}

fn request(seen: &Seen) -> String {
    let query = if seen.query.is_empty() { String::new() } else { format!("?{}", seen.query) };
    let mut text = format!("{} {}{query}\n", seen.method, seen.path);
    let kind = seen.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = kind.split_once("boundary=").map(|(_, boundary)| boundary);
    let mut headers: Vec<_> =
        seen.headers.iter().filter(|(name, _)| !PLAIN.contains(&name.as_str())).collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        let value = value.to_str().expect("a plain header");
        let begin = OF_THE_MOMENT.iter().find(|(header, begin)| name == header && value.starts_with(begin));
        let value = begin.map_or_else(|| value.to_owned(), |(_, begin)| format!("{begin}…"));
        text += &format!("{name}: {value}\n");
    }
    let body = seen.body.escape_ascii().to_string();
    // Lines stay lines, and quotes quotes; the letters of a text that is one stay too.
    let body = match std::str::from_utf8(&seen.body) {
        Ok(body) => body.to_owned(),
        Err(_) => body.replace("\\r\\n", "\n").replace("\\\"", "\""),
    };
    text += &format!("\n{body}\n");
    match boundary {
        Some(boundary) => text.replace(boundary, "BOUNDARY"),
        None => text,
    }
}

/// One documented answer: to which request it comes, and which kind of end it means, in which words.
pub(super) type Case<'a> = (&'a str, Reply, &'static str, &'a str);

/// Sends a post for each case to a server that answers so, and looks what comes of it.
pub(super) async fn check(start: impl AsyncFn() -> (FakeServer, Arc<dyn Platform>), cases: &[Case<'_>]) {
    for (path, reply, kind, reason) in cases {
        let (fake, connector) = start().await;
        fake.reply(path, reply.clone());
        let (found, said, _) = in_short(send(connector.as_ref(), &post()).await);
        assert_eq!(found, *kind, "{path} {reply:?}: {said}");
        assert!(said.contains(reason), "{path} {reply:?}: {said}");
        assert!(fake.calls().iter().any(|call| call.ends_with(path)), "{path} was not called");
    }
}

/// For how long the first answer to `path` asks to be waited.
pub(super) async fn wait_after(
    start: impl AsyncFn() -> (FakeServer, Arc<dyn Platform>),
    path: &str,
    reply: Reply,
) -> Option<u64> {
    let (fake, connector) = start().await;
    fake.reply(path, reply);
    in_short(send(connector.as_ref(), &post()).await).2
}

/// What a visitor and strangers could have written to make more of a post than text.
pub(super) fn hostile_post() -> Post {
    Post {
        description:
            "Worded @everyone <!channel> $[spin x] [x](http://words.example) ![p]()\n\nhttp://video.example/1"
                .to_owned(),
        alt: "evil.example [y](http://evil.example) @bob".to_owned(),
        credit: "Credited <a href=http://evil.example>@bob</a>".to_owned(),
        ..post()
    }
}

/// Sends what a visitor and strangers could have written to make more of a post than text, and looks at what is sent of the words
/// and the credit: it holds what it should, and nothing of the rest.
pub(super) async fn hostile(
    start: impl AsyncFn() -> (FakeServer, Arc<dyn Platform>),
    present: &[&str],
    absent: &[&str],
) {
    let (fake, connector) = start().await;
    let posted = send(connector.as_ref(), &hostile_post()).await;
    assert!(matches!(posted, Ok(_) | Err(PostError::Taken { .. })), "{posted:?}");
    let sent: Vec<_> = fake.seen().iter().flat_map(texts).collect();
    let sent: Vec<_> =
        sent.into_iter().filter(|text| text.contains("Worded") || text.contains("Credited")).collect();
    let all = sent.join("\n");
    for part in present.iter().chain(&["Worded", "Credited"]) {
        assert!(all.contains(part), "{part} is not in {all}");
    }
    for part in absent {
        assert!(!all.contains(part), "{part} is in {all}");
    }
}

/// The same of a platform that finds people, topics and addresses in plain words, and nothing else: it calls nobody, and a visitor's own
/// address is the only one.
pub(super) async fn names_nobody(start: impl AsyncFn() -> (FakeServer, Arc<dyn Platform>)) {
    hostile(start, &["http://words.example"], &["@everyone", "@bob", "evil.example"]).await;
}

/// The texts of a request, as whoever reads it has them.
fn texts(seen: &Seen) -> Vec<String> {
    let kind = seen.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let body = String::from_utf8_lossy(&seen.body);
    if kind.contains("urlencoded") {
        return url::form_urlencoded::parse(&seen.body).map(|(_, value)| value.into_owned()).collect();
    }
    let parts: Vec<_> = match kind.split_once("boundary=") {
        Some((_, boundary)) => body
            .split(&format!("--{boundary}"))
            .filter_map(|part| part.split_once("\r\n\r\n").map(|(_, text)| text.trim().to_owned()))
            .collect(),
        None => vec![body.into_owned()],
    };
    let read = |part: String| match serde_json::from_str::<Value>(&part) {
        Ok(json) => strings(&json),
        Err(_) => vec![part],
    };
    parts.into_iter().flat_map(read).collect()
}

fn strings(json: &Value) -> Vec<String> {
    match json {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}
