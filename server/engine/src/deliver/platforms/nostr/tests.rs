//! What the connector sends, held to the documents by servers that check it, and what becomes of everything that relays and servers of
//! pictures may answer. Long, since all of it is held to the same servers.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::relay::PATIENCE;
use super::*;
use crate::clock::Clock;
use crate::deliver::DEFAULT_TIMEOUT;
use crate::deliver::contract::{DOUBT, PAUSE, RECONNECT};
use crate::deliver::fake_nostr::{FakeRelay, Pictures, Turn, fake_blossom, is_genuine};
use crate::deliver::fake_server::{FakeServer, Reply, account, in_short, post, send, tools};

/// The secret key of the examples of NIP-19, and its public key.
const SECRET: &str = "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa";
const PUBLIC: &str = "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e";
/// Long enough for whatever comes from this machine, and short enough for tests.
const SHORT: Duration = Duration::from_secs(3);

/// An account with one server of pictures and two relays, all well until a test says otherwise.
struct Site {
    blossom: FakeServer,
    pictures: Pictures,
    one: FakeRelay,
    other: FakeRelay,
}

impl Site {
    async fn start() -> Self {
        let (blossom, pictures) = fake_blossom().await;
        Self { blossom, pictures, one: FakeRelay::start().await, other: FakeRelay::start().await }
    }

    /// The account with these relays, and these further servers of pictures.
    fn account(&self, relays: &[&FakeRelay], mirrors: &[&FakeServer]) -> Account {
        let mut account = account("nostr", self.blossom.url.clone(), "pictures@example.org", SECRET);
        account.servers.insert(RELAYS, relays.iter().map(|relay| relay.url.clone()).collect());
        account.servers.insert(MIRRORS, mirrors.iter().map(|mirror| mirror.url.clone()).collect());
        account
    }

    fn connector(&self, relays: &[&FakeRelay], mirrors: &[&FakeServer]) -> Nostr {
        let made = Nostr::new(self.account(relays, mirrors), tools(DEFAULT_TIMEOUT));
        let mut nostr = made.unwrap_or_else(|error| panic!("{error}"));
        for relay in &mut nostr.relays {
            assert_eq!(relay.patience, PATIENCE);
            relay.patience = SHORT;
        }
        nostr
    }

    fn both(&self) -> Nostr {
        self.connector(&[&self.one, &self.other], &[])
    }

    /// With the first relay alone.
    fn alone(&self) -> Nostr {
        self.connector(&[&self.one], &[])
    }
}

fn digest() -> String {
    hex(&Sha256::digest(&post().bytes))
}

#[tokio::test]
async fn a_post_is_a_picture_at_its_server_and_a_signed_note_at_both_relays() {
    let site = Site::start().await;
    let posted = send(&site.both(), &post()).await.expect("posted");
    let event = site.one.kept().events[0].clone();
    assert!(is_genuine(&event));
    assert_eq!(site.other.kept().events, std::slice::from_ref(&event));
    assert_eq!(posted.id.as_deref(), event["id"].as_str());
    let url = posted.url.expect("an address");
    assert!(url.starts_with("https://njump.me/nevent1"), "{url}");

    let picture = format!("{}{}.jpg", site.blossom.url, digest());
    assert_eq!((&event["kind"], &event["pubkey"]), (&json!(1), &json!(PUBLIC)));
    assert_eq!(event["created_at"], post().shared_at.as_second());
    let content = format!("The lighthouse\n\n{}\n\n{picture}", post().link);
    assert_eq!(event["content"], content);
    let imeta = [
        "imeta".to_owned(),
        format!("url {picture}"),
        "m image/jpeg".to_owned(),
        format!("x {}", digest()),
        "dim 640x480".to_owned(),
        "alt A white lighthouse".to_owned(),
    ];
    assert_eq!(event["tags"], json!([imeta, ["r", post().link], ["x", digest()]]));

    let seen = site.blossom.seen();
    assert_eq!(site.blossom.calls(), ["PUT /upload"]);
    assert_eq!(seen[0].headers["content-type"], "image/jpeg");
    assert_eq!(seen[0].headers["x-sha-256"], digest().as_str());
    let pictures = site.pictures.lock().expect("no panic");
    assert_eq!(pictures[&digest()], (PUBLIC.to_owned(), post().bytes));
}

#[tokio::test]
async fn the_credit_stands_before_the_link_and_no_alt_text_is_no_field() {
    let site = Site::start().await;
    let credit = "Jane Doe · CC BY 4.0".to_owned();
    let post = Post { alt: "\n".to_owned(), description: "a\r\nb\u{1}c".to_owned(), credit, ..post() };
    send(&site.alone(), &post).await.expect("posted");
    let event = site.one.kept().events[0].clone();
    let content = event["content"].as_str().expect("a text").to_owned();
    assert!(
        content.starts_with(&format!("a\nbc\n\nJane Doe · CC BY 4.0\n\n{}\n\nhttp://", post.link)),
        "{content}"
    );
    assert_eq!(event["tags"][0].as_array().map(Vec::len), Some(5));
}

#[tokio::test]
async fn further_servers_have_the_picture_too_and_one_that_has_it_is_enough() {
    let site = Site::start().await;
    let (mirror, pictures) = fake_blossom().await;
    let nostr = site.connector(&[&site.one], &[&mirror]);
    send(&nostr, &post()).await.expect("posted");
    assert!(pictures.lock().expect("no panic").contains_key(&digest()));
    let fallback = format!("fallback {}{}.jpg", mirror.url, digest());
    assert_eq!(site.one.kept().events[0]["tags"][0][6], fallback);

    site.blossom.reply("/upload", Reply::With(500, &[], ""));
    let later = Post { shared_at: "2026-11-24T12:00:00Z".parse().expect("a time"), ..post() };
    send(&nostr, &later).await.expect("posted");
    let second = site.one.kept().events[1].clone();
    assert_eq!(second["tags"][0][1], format!("url {}{}.jpg", mirror.url, digest()));
}

#[tokio::test]
async fn what_a_server_of_pictures_answers_is_understood() {
    let with = |status, body| Reply::With(status, &[], body);
    let wrong = r#"{"url":"https://b.example/a.jpg","sha256":"00"}"#;
    for (reply, kind, reason) in [
        (with(401, r#"{"message":"Missing Auth event"}"#), "final", RECONNECT),
        (
            with(403, r#"{"message":"Not on the list"}"#),
            "final",
            "127.0.0.1 refused the post: Not on the list",
        ),
        (Reply::With(413, &[("x-reason", "Too large")], ""), "final", "refused the post: Too large"),
        (with(402, ""), "final", "refused the post (402)"),
        (with(415, r#"{"message":"No pictures"}"#), "final", "refused the post: No pictures"),
        (with(429, ""), "passing", PAUSE),
        (with(500, ""), "passing", "has a problem at the moment (500)"),
        (with(200, ""), "passing", "did not answer as a Nostr server does"),
        (with(200, wrong), "passing", "did not answer as a Nostr server does"),
        (Reply::Drop, "passing", "cannot be reached"),
    ] {
        let site = Site::start().await;
        site.blossom.reply("/upload", reply.clone());
        let (found, said, _) = in_short(send(&site.alone(), &post()).await);
        assert_eq!(found, kind, "{reply:?}: {said}");
        assert!(said.contains(reason), "{reply:?}: {said}");
        assert!(site.one.notes().is_empty(), "no picture, no note");
    }
}

#[tokio::test]
async fn what_a_relay_says_of_a_note_is_understood() {
    use Turn::{Closes, Long, Notice, Says, SaysOfSome, Silent};
    for (turn, kind, reason, wait) in [
        (Says(true, ""), "done", "", None),
        (Says(true, "duplicate: have it"), "done", "", None),
        (Says(false, "duplicate: have it"), "done", "", None),
        (Says(false, "rate-limited: slow down there chief"), "passing", PAUSE, Some(60)),
        (
            Says(false, "error: no database"),
            "passing",
            "127.0.0.1 has a problem at the moment: no database",
            None,
        ),
        (
            Says(false, "blocked: you are banned"),
            "final",
            "127.0.0.1 does not let this account post: you are banned",
            None,
        ),
        (
            Says(false, "restricted: members only"),
            "final",
            "does not let this account post: members only",
            None,
        ),
        (Says(false, "invalid: too far off"), "final", "127.0.0.1 refused the post: too far off", None),
        (Says(false, "pow: 26 is less than 30"), "final", "asks for a proof of work", None),
        (Says(false, "no prefix\u{202e}\n"), "final", "127.0.0.1 refused the post: no prefix", None),
        (Says(false, ""), "final", "127.0.0.1 refused the post", None),
        (SaysOfSome(false, "invalid: 1 is too old"), "final", "refused the post: 1 is too old", None),
        (Silent, "unknown", DOUBT, None),
        (Notice("could not parse"), "unknown", DOUBT, None),
        (Closes, "unknown", DOUBT, None),
        (Long(300 << 10), "unknown", DOUBT, None),
        (Turn::KeepsAndCloses, "unknown", DOUBT, None),
    ] {
        let site = Site::start().await;
        site.one.turns(&[turn]);
        let (found, said, asked) = in_short(send(&site.alone(), &post()).await);
        assert_eq!((found, asked), (kind, wait), "{turn:?}: {said}");
        assert!(said.contains(reason), "{turn:?}: {said}");
    }
}

#[tokio::test]
async fn a_relay_that_does_not_open_has_not_seen_the_note() {
    for (head, kind, reason, wait) in [
        ("HTTP/1.1 429 Too Many Requests\r\nretry-after: 30", "passing", PAUSE, Some(30)),
        ("HTTP/1.1 503 Service Unavailable", "passing", "has a problem", None),
        ("HTTP/1.1 403 Forbidden", "final", "refused", None),
        ("HTTP/1.1 200 OK", "final", "refused", None),
        (
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nsec-websocket-accept: AAAA",
            "passing",
            "cannot be reached",
            None,
        ),
    ] {
        let site = Site::start().await;
        site.one.kept().refuses = Some(head);
        let nostr = site.alone();
        let upload = nostr.upload(&post()).await.expect("uploaded");
        let (found, said, asked) = in_short(nostr.publish(&post(), &upload).await);
        assert_eq!((found, asked), (kind, wait), "{head}: {said}");
        assert!(said.contains(reason), "{head}: {said}");
    }
}

#[tokio::test]
async fn one_of_two_relays_is_enough_and_of_two_failures_the_graver_counts() {
    use Turn::{Closes, Says, Silent};
    let refusal = Says(false, "blocked: no");
    let pause = Says(false, "rate-limited: no");
    let trouble = Says(false, "error: no");
    for (one, other, kind, wait) in [
        (refusal, Turn::Well, "done", None),
        (Turn::Well, Silent, "done", None),
        (Closes, Turn::Well, "done", None),
        (refusal, Silent, "unknown", None),
        (Closes, pause, "unknown", None),
        (refusal, pause, "passing", Some(60)),
        (trouble, pause, "passing", Some(60)),
        (trouble, refusal, "passing", None),
        (refusal, Says(false, "invalid: no"), "final", None),
    ] {
        for is_turned in [false, true] {
            let site = Site::start().await;
            let (first, second) = if is_turned { (other, one) } else { (one, other) };
            site.one.turns(&[first]);
            site.other.turns(&[second]);
            let (found, said, asked) = in_short(send(&site.both(), &post()).await);
            assert_eq!((found, asked), (kind, wait), "{first:?} {second:?}: {said}");
        }
    }
}

/// A clock that a test moves.
struct MovedClock(Mutex<Timestamp>);

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no panic")
    }
}

#[tokio::test]
async fn who_asks_for_a_pause_is_left_alone_and_the_others_take_what_comes() {
    let site = Site::start().await;
    let (mirror, _) = fake_blossom().await;
    let mut nostr = site.connector(&[&site.one, &site.other], &[&mirror]);
    let clock = Arc::new(MovedClock(Mutex::new(post().shared_at)));
    nostr.pauses = ServerPauses::new(clock.clone());
    site.one.turns(&[Turn::Says(false, "rate-limited: slow down")]);
    mirror.reply("/upload", Reply::With(429, &[("retry-after", "60")], ""));
    for (seconds, calls) in [(0, 1), (0, 1), (59, 1), (1, 2)] {
        *clock.0.lock().expect("no panic") += jiff::SignedDuration::from_secs(seconds);
        let number = site.other.notes().len() + 1;
        let post = Post { description: format!("Number {number}"), ..post() };
        send(&nostr, &post).await.expect("posted");
        assert_eq!(site.other.notes().len(), number);
        assert_eq!((site.one.heard().len(), mirror.calls().len()), (calls, calls), "after {seconds} s");
    }
}

#[tokio::test]
async fn a_long_pause_of_one_server_does_not_stop_what_another_may_take_before() {
    let site = Site::start().await;
    let (mirror, _) = fake_blossom().await;
    let nostr = site.connector(&[&site.one], &[&mirror]);
    site.blossom.reply("/upload", Reply::With(429, &[("retry-after", "3600")], ""));
    mirror.reply("/upload", Reply::Drop);
    mirror.reply("/upload", Reply::With(429, &[("retry-after", "30")], ""));
    // The one that failed is tried again soon, and that costs no attempt.
    for wait in [60, 30] {
        let (kind, said, asked) = in_short(send(&nostr, &post()).await);
        assert_eq!((kind, asked), ("passing", Some(wait)), "{said}");
    }
    assert_eq!((site.blossom.calls().len(), mirror.calls().len()), (1, 2));
}

#[tokio::test]
async fn who_asks_for_a_pause_is_left_alone_though_another_leaves_the_note_in_doubt() {
    let site = Site::start().await;
    site.one.turns(&[Turn::Says(false, "rate-limited: slow down")]);
    site.other.turns(&[Turn::Closes]);
    let nostr = site.both();
    let upload = nostr.upload(&post()).await.expect("uploaded");
    assert_eq!(in_short(nostr.publish(&post(), &upload).await).0, "unknown");
    nostr.publish(&post(), &upload).await.expect("posted by the other");
    assert_eq!(site.one.heard(), ["EVENT"]);
    // Who is not asked may have it.
    let (kind, _, wait) = in_short(nostr.find("https://elsewhere.example", post().shared_at).await);
    assert_eq!((kind, wait.is_some_and(|wait| (50..=60).contains(&wait))), ("passing", true), "{wait:?}");
    assert_eq!(site.one.heard(), ["EVENT"]);
}

#[tokio::test]
async fn sent_again_after_a_lost_answer_it_is_the_same_note() {
    let site = Site::start().await;
    site.one.turns(&[Turn::KeepsAndCloses, Turn::Silent]);
    let nostr = site.alone();
    let upload = nostr.upload(&post()).await.expect("uploaded");
    for _ in 0..2 {
        assert_eq!(in_short(nostr.publish(&post(), &upload).await).0, "unknown");
    }
    // By another process, with a relay that takes less since, and words that would be others now.
    site.one.kept().limitation = json!({"max_content_length": 80});
    let later = site.alone();
    later.prepare().await.expect("asked");
    let changed = Post { description: "Other words".to_owned(), ..post() };
    let posted = later.publish(&changed, &upload).await.expect("posted");
    assert_eq!(site.one.notes(), [posted.id.expect("an id")]);
    assert_eq!(later.knows_repetitions_for(None).await, Duration::MAX);
}

#[tokio::test]
async fn a_text_is_as_long_as_the_relay_that_takes_least() {
    let site = Site::start().await;
    site.one.kept().limitation = json!({"max_content_length": 300});
    site.other.kept().limitation = json!({"max_content_length": 0, "max_message_length": 70_000});
    let nostr = site.both();
    assert_eq!(nostr.limits().await, ENTRY.limits);
    nostr.prepare().await.expect("asked");
    assert_eq!(nostr.limits().await.text.max, 300);
    let long = Post { description: "word ".repeat(200), ..post() };
    send(&nostr, &long).await.expect("posted");
    let content = site.one.kept().events[0]["content"].as_str().expect("a text").to_owned();
    assert!(content.chars().count() <= 300 && content.ends_with(".jpg"), "{content}");
    assert!(content.contains(&post().link), "{content}");
}

#[tokio::test]
async fn a_relay_that_asks_who_is_there_is_told() {
    let stranger = "0f".repeat(32);
    for (only, asks, kind, reason) in [
        (PUBLIC, None, "done", ""),
        (PUBLIC, Some("restricted: permission denied"), "done", ""),
        (stranger.as_str(), None, "final", "does not let this account post: members only"),
    ] {
        let site = Site::start().await;
        site.one.kept().only = Some(only.to_owned());
        site.one.kept().asks = asks;
        let nostr = site.alone();
        let (found, said, _) = in_short(send(&nostr, &post()).await);
        assert_eq!(found, kind, "{said}");
        assert!(said.contains(reason), "{said}");
        let sighting = nostr.find(&post().link, post().shared_at).await;
        let is_found = matches!(sighting, Ok(Sighting::There(_)));
        let is_untold = matches!(sighting, Ok(Sighting::CannotTell { .. }));
        assert_eq!((is_found, is_untold), (kind == "done", kind != "done"), "{sighting:?}");
    }
    let site = Site::start().await;
    site.one.turns(&[Turn::Says(false, "auth-required: but there is no challenge")]);
    assert_eq!(in_short(send(&site.alone(), &post()).await).0, "unknown", "nothing to sign ever came");
}

#[tokio::test]
async fn a_note_is_found_by_its_page_and_by_what_was_kept_of_it() {
    let site = Site::start().await;
    let (nostr, post) = (site.both(), post());
    let upload = nostr.upload(&post).await.expect("uploaded");
    assert_eq!(nostr.find(&post.link, post.shared_at).await, Ok(Sighting::NotThere));
    assert_eq!(nostr.find_by_upload(&post, &upload).await, Ok(None));
    site.one.turns(&[Turn::Says(false, "blocked: no")]);
    let posted = nostr.publish(&post, &upload).await.expect("posted");
    // Only the other relay has it.
    assert_eq!(nostr.find(&post.link, post.shared_at).await, Ok(Sighting::There(posted.clone())));
    assert_eq!(nostr.find_by_upload(&post, &upload).await, Ok(Some(posted.clone())));
    let longer = format!("{}0", post.link);
    assert_eq!(nostr.find(&longer, post.shared_at).await, Ok(Sighting::NotThere));
    // While the one that has it is silent nobody knows.
    site.other.turns(&[Turn::Silent]);
    assert_eq!(in_short(nostr.find(&post.link, post.shared_at).await).0, "passing");
    site.other.turns(&[Turn::Says(false, "restricted: no questions")]);
    let told = nostr.find(&post.link, post.shared_at).await;
    assert!(matches!(told, Ok(Sighting::CannotTell { .. })), "{told:?}");
}

#[tokio::test]
async fn a_relay_makes_no_notes_of_ours() {
    let site = Site::start().await;
    let nostr = site.alone();
    send(&nostr, &post()).await.expect("posted");
    let change = |change: &dyn Fn(&mut Value)| -> Value {
        let mut event = site.one.kept().events[0].clone();
        change(&mut event);
        event
    };
    let content = change(&|event| event["content"] = json!(format!("Buy! {}", post().link)));
    let sig = change(&|event| event["sig"] = json!("00".repeat(64)));
    let id = change(&|event| event["id"] = json!("00".repeat(32)));
    site.one.kept().events = vec![content, sig, id, json!("no event")];
    assert_eq!(nostr.find(&post().link, post().shared_at).await, Ok(Sighting::NotThere));
}

#[tokio::test]
async fn a_deletion_is_done_when_no_relay_has_the_note() {
    use Turn::{Says, Silent, Well};
    for (turns, has_it, kind) in [
        (&[Well][..], true, "done"),
        (&[Says(false, "blocked: no deletions"), Well], false, "done"),
        (&[Says(false, "blocked: no deletions"), Well], true, "final"),
        (&[Silent, Well], false, "done"),
        (&[Silent, Well], true, "passing"),
        (&[Silent, Silent], false, "passing"),
        (&[Says(false, "error: later"), Well], true, "passing"),
    ] {
        let site = Site::start().await;
        let nostr = site.both();
        let id = send(&nostr, &post()).await.expect("posted").id.expect("an id");
        if !has_it {
            site.other.kept().events.clear();
        }
        site.other.turns(turns);
        let (found, said, _) = in_short(nostr.remove(&id).await);
        assert_eq!(found, kind, "{turns:?} {has_it}: {said}");
        assert!(site.one.notes().is_empty());
        let deletion = site.one.kept().events.last().cloned().expect("the deletion");
        assert_eq!((&deletion["kind"], &deletion["tags"]), (&json!(5), &json!([["e", id], ["k", "1"]])));
    }
}

#[tokio::test]
async fn a_picture_goes_with_its_last_note() {
    let site = Site::start().await;
    let nostr = site.alone();
    let first = nostr.upload(&post()).await.expect("uploaded");
    let posted = nostr.publish(&post(), &first).await.expect("posted");
    let later = Post { link: "https://c.example/s/1123456789abcdef".to_owned(), ..post() };
    let second = nostr.upload(&later).await.expect("uploaded");
    nostr.publish(&later, &second).await.expect("posted");
    let is_kept = || site.pictures.lock().expect("no panic").contains_key(&digest());

    nostr.remove(posted.id.as_deref().expect("an id")).await.expect("removed");
    nostr.discard(&first).await.expect("nothing to do");
    assert!(is_kept(), "the second note shows it");
    site.one.turns(&[Turn::Silent]);
    assert_eq!(in_short(nostr.discard(&second).await).0, "passing", "whether another shows it is not known");
    nostr.discard(&second).await.expect("discarded");
    assert!(!is_kept());
    nostr.discard(&second).await.expect("not there any more");
    assert_eq!(site.blossom.calls().last().map(String::as_str), Some(&*format!("DELETE /{}", digest())));
    nostr.discard("no note").await.expect("nothing to do");
}

#[tokio::test]
async fn a_note_of_an_earlier_key_is_made_anew() {
    let site = Site::start().await;
    let upload = site.alone().upload(&post()).await.expect("uploaded");
    let account =
        Account { token: crate::deliver::Token::new("1".repeat(64)), ..site.account(&[&site.one], &[]) };
    let nostr = Nostr::new(account, tools(DEFAULT_TIMEOUT)).unwrap_or_else(|error| panic!("{error}"));
    for upload in [upload.as_str(), "", "{}"] {
        assert_eq!(in_short(nostr.publish(&post(), upload).await).0, "spent");
    }
    assert!(site.one.heard().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn an_account_says_what_is_wrong_with_it() {
    let site = Site::start().await;
    let good = site.account(&[&site.one], &[]);
    let nobody = Account { servers: Default::default(), ..good.clone() };
    let named = |name: &str| Account { name: name.to_owned(), ..good.clone() };
    let with = |token: &str| Account { token: crate::deliver::Token::new(token), ..good.clone() };
    for (account, key) in [
        (good.clone(), None),
        (named(&keys::npub(PUBLIC)), None),
        (
            named(&keys::npub("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")),
            Some("account"),
        ),
        (nobody, Some("relays")),
        (with("secret"), Some("token")),
        (with(&keys::npub(PUBLIC)), Some("token")),
    ] {
        let made = (ENTRY.make)(account.clone(), tools(DEFAULT_TIMEOUT));
        assert_eq!(made.err().map(|error| error.key), key, "{account:?}");
    }
    for (text, is_taken) in
        [("pictures@example.org", true), (&*keys::npub(PUBLIC), true), ("npub1abc", false), ("", false)]
    {
        assert_eq!((ENTRY.account.parse)(text).is_some(), is_taken, "{text}");
    }
}

#[tokio::test]
async fn the_window_opens_at_the_note_and_the_secret_key_is_nowhere() {
    let site = Site::start().await;
    let posted = send(&site.alone(), &post()).await.expect("posted");
    let url = posted.url.expect("an address");
    let name = url.strip_prefix(WINDOW).expect("there");
    let (kind, bytes) = bech32::decode(name).expect("a name");
    assert_eq!(kind.as_str(), "nevent");
    let relay = site.one.url.as_str();
    let id = keys::unhex(&posted.id.expect("an id")).expect("bytes");
    let (id, rest) = (bytes[..2] == [0, 32] && bytes[2..34] == id, &bytes[34..]);
    assert!(id && rest[..2] == [1, u8::try_from(relay.len()).expect("short")]);
    let rest = rest[2..].strip_prefix(relay.as_bytes()).expect("the relay");
    assert_eq!((&rest[..2], &rest[34..]), (&[2, 32][..], &[3, 4, 0, 0, 0, 1][..]));
    assert_eq!(hex(&rest[2..34]), PUBLIC);
    let told = format!("{:?} {:?}", site.one.kept().heard, site.blossom.seen());
    assert!(!told.contains(SECRET));
    let whose = site.alone().identify().await.expect("known").expect("somebody");
    assert_eq!(whose.id, PUBLIC);
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    let site = Site::start().await;
    send(&site.alone(), &crate::deliver::contract::hostile_post()).await.expect("posted");
    let event = site.one.kept().events[0].clone();
    let content = event["content"].as_str().expect("a text");
    for part in ["Worded", "http://words.example", "Credited"] {
        assert!(content.contains(part), "{part} is not in {content}");
    }
    for part in ["@everyone", "@bob", "evil.example"] {
        assert!(!content.contains(part), "{part} is in {content}");
    }
    let tags = event["tags"].as_array().expect("tags");
    assert!(tags.iter().all(|tag| tag[0] != "p" && tag[0] != "t"), "nobody is called: {tags:?}");
    let links: Vec<_> = tags.iter().filter(|tag| tag[0] == "r").collect();
    assert_eq!(links.len(), 1, "ours alone is told as a link: {tags:?}");
}
