//! What an account is posted with is neither in the log nor in what is kept of an answer, whatever its server answers: here each
//! connector's server says again all that it was told.

use std::collections::BTreeMap;

use serde_json::json;

use super::secrets::{Log, holds};
use super::*;
use crate::deliver::fake_server::{account, connector, post};
use crate::deliver::platforms::{Entry, PLATFORMS, ServerKey};
use crate::deliver::{Account, Platform};

/// A token of this platform at `server`, and what of it is secret.
fn canaries(entry: &Entry, server: &Url) -> (String, Vec<String>) {
    let canary = |what: &str| format!("canary-{}-{what}-b7d1", entry.name);
    let (token, secret) = (canary("token"), canary("secret"));
    match entry.name {
        "discord" => (format!("{server}api/webhooks/1234/{token}"), vec![token]),
        "telegram" => (format!("123456:{token}"), vec![token]),
        "x" | "tumblr" | "flickr" => (format!("a-key:{secret}:its-token:{token}"), vec![secret, token]),
        "reddit" => (format!("an-app:{secret}:{token}"), vec![secret, token]),
        "s3" => (format!("an-id:{secret}"), vec![secret]),
        "ghost" | "nostr" => {
            let key = "ca7a".repeat(16);
            (
                if entry.name == "ghost" { format!("64f1a2b3c4d5e6f708192a3b:{key}") } else { key.clone() },
                vec![key],
            )
        }
        "webhook" => {
            let secret = "Y2FuYXJ5".repeat(4);
            (format!("whsec_{secret}"), vec![secret])
        }
        _ => (token.clone(), vec![token]),
    }
}

fn at(fake: &FakeServer, entry: &'static Entry) -> (Arc<dyn Platform>, Vec<String>) {
    let (token, secrets) = canaries(entry, &fake.url);
    let mut server = if entry.server == ServerKey::InToken {
        token.parse().expect("an address")
    } else {
        fake.url.clone()
    };
    if entry.name == "weibo" {
        server.set_query(Some("rip=203.0.113.7"));
    }
    let name = (entry.account.parse)(entry.account.example).expect("an example");
    let listed = entry.lists.iter().map(|list| (list.key, vec![fake.url.clone()]));
    let account =
        Account { servers: listed.collect::<BTreeMap<_, _>>(), ..account(entry.name, server, &name, &token) };
    (connector(account, Duration::from_secs(30)).expect(entry.name), secrets)
}

/// What a server makes of a request when it says all of it again, wherever connectors look for words.
fn echo(seen: &Seen, status: u16) -> Reply {
    let Seen { method, path, query, headers, body } = seen;
    let said = format!("{method} {path}?{query} {headers:?} {}", String::from_utf8_lossy(body));
    let said = json!({
        "error": said, "error_description": said, "message": said, "description": said, "detail": said, "msg": said,
        "code": said, "errors": [{"message": said, "detail": said}], "ok": false,
    });
    Reply::With(status, &[], lasting(said.to_string()))
}

/// Takes every step there is, and tells the log what came of it.
async fn steps(platform: &dyn Platform) {
    let since = post().shared_at;
    tracing::warn!("{:?}", platform.identify().await);
    tracing::warn!("{:?}", platform.prepare().await);
    tracing::warn!("{:?}", platform.upload(&post()).await);
    // Each reads what it calls a picture otherwise; a note of Nostr is one that it has made.
    for upload in ["7", "photo1_2"] {
        tracing::warn!("{:?}", platform.publish(&post(), upload).await);
        tracing::warn!("{:?}", platform.find_by_upload(&post(), upload).await);
        tracing::warn!("{:?}", platform.discard(upload).await);
    }
    tracing::warn!("{:?}", platform.find(&post().link, since).await);
    tracing::warn!("{:?}", platform.remove("7 8 9").await);
}

#[tokio::test]
async fn what_an_account_is_posted_with_is_told_nobody_whatever_its_server_answers() {
    let log = Log::default();
    let _logging = log.listen();
    for entry in PLATFORMS {
        let mut told = Vec::new();
        for status in [200, 400, 401, 403, 404, 429, 500, 0] {
            let fake = FakeServer::acting(move |seen| match status {
                0 => Reply::Drop,
                status => echo(seen, status),
            })
            .await;
            let (platform, secrets) = at(&fake, entry);
            let before = log.bytes().len();
            steps(platform.as_ref()).await;
            let said = &log.bytes()[before..];
            for secret in secrets {
                assert!(!holds(said, &secret), "{} {status}: {}", entry.name, String::from_utf8_lossy(said));
            }
            told.extend(fake.seen());
        }
        assert!(told.len() > 8, "{}: {} requests", entry.name, told.len());
    }
}
