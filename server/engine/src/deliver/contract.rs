//! What contract tests share: requests as texts for snapshots, and tables of answers with what each must mean.

use std::sync::Arc;

use super::Platform;
use super::fake_server::{FakeServer, ITSELF, Reply, Seen, in_short, post, send};

/// Headers that say nothing of the platform.
const PLAIN: [&str; 5] = ["accept", "content-length", "host", "transfer-encoding", "user-agent"];
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
        text += &format!("{name}: {}\n", value.to_str().expect("a plain header"));
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
