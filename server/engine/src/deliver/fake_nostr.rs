//! Servers of Nostr for tests, after the documents: a relay (NIP-01, NIP-09, NIP-11, NIP-42) and a server of pictures (BUD-01 and
//! BUD-02). They check what they are sent, with no code of the connector's, keep it, and go wrong when a test says so.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, Method};
use secp256k1::{Secp256k1, XOnlyPublicKey, schnorr::Signature};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};
use url::Url;

use super::fake_server::{FakeServer, Reply, Seen};
use crate::clock::{Clock, SystemClock};

/// How a relay answers an event or a question when not all is well.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Turn {
    /// It says this of the event, and does not keep it; or closes the question with it.
    Says(bool, &'static str),
    /// The same, without the event's name, as nostr-relay does.
    SaysOfSome(bool, &'static str),
    /// It says nothing.
    Silent,
    /// It says this to people, and nothing else.
    Notice(&'static str),
    /// It ends the connection.
    Closes,
    /// It keeps the event, and ends the connection before it says so.
    KeepsAndCloses,
    /// It keeps the event, and says nothing.
    KeepsSilently,
    /// It sends a message of so many bytes.
    Long(usize),
    /// All is well.
    Well,
}

/// What a relay keeps, and how it is.
#[derive(Default)]
pub(crate) struct Kept {
    /// Its events.
    pub(crate) events: Vec<Value>,
    /// All messages so far.
    pub(crate) heard: Vec<Value>,
    /// How the next events and questions are answered; later ones well.
    pub(crate) turns: VecDeque<Turn>,
    /// Answers nobody but this account, which must say that it is there.
    pub(crate) only: Option<String>,
    /// In which words it refuses others before it knows who they are, and then answers no signing in, as nostr-relay does; otherwise
    /// all is as in NIP-42.
    pub(crate) asks: Option<&'static str>,
    /// What is told of its limits.
    pub(crate) limitation: Value,
    /// With which head it refuses connections, if it does.
    pub(crate) refuses: Option<&'static str>,
}

/// A relay; it ends with the test's runtime.
pub(crate) struct FakeRelay {
    pub(crate) url: Url,
    kept: Arc<Mutex<Kept>>,
    /// The kind of each message, as it arrives.
    arrivals: mpsc::UnboundedReceiver<String>,
}

impl FakeRelay {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = Url::parse(&format!("ws://{}/", listener.local_addr().expect("its address")));
        let (kept, (sender, arrivals)) = (Arc::<Mutex<Kept>>::default(), mpsc::unbounded_channel());
        let relay = Self { url: url.expect("an address"), kept: kept.clone(), arrivals };
        let address = relay.url.to_string();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, kept.clone(), sender.clone(), address.clone()));
            }
        });
        relay
    }

    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no panic")
    }

    /// How the next events and questions are answered.
    pub(crate) fn turns(&self, turns: &[Turn]) -> &Self {
        self.kept().turns.extend(turns);
        self
    }

    /// The ids of the notes there.
    pub(crate) fn notes(&self) -> Vec<String> {
        let kept = self.kept();
        let notes = kept.events.iter().filter(|event| event["kind"] == 1);
        notes.map(|event| text(event, "id").to_owned()).collect()
    }

    /// The kinds of all messages so far.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.kept().heard.iter().map(|message| message[0].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Waits for the next message of this kind.
    pub(crate) async fn arrival(&mut self, kind: &str) {
        while self.arrivals.recv().await.expect("the relay runs") != kind {}
    }
}

async fn serve(
    mut stream: TcpStream,
    kept: Arc<Mutex<Kept>>,
    arrivals: mpsc::UnboundedSender<String>,
    address: String,
) {
    let mut head = [0; 2048];
    let length = stream.peek(&mut head).await.unwrap_or_default();
    let head = String::from_utf8_lossy(&head[..length]).to_lowercase();
    let (refuses, limitation) = {
        let kept = kept.lock().expect("no panic");
        (kept.refuses, kept.limitation.clone())
    };
    let asks_about = head.contains("accept: application/nostr+json");
    if asks_about || refuses.is_some() {
        let about = json!({"name": "a relay", "supported_nips": [1, 9, 11, 42], "limitation": limitation});
        let body = about.to_string();
        let head = refuses.filter(|_| !asks_about).unwrap_or("HTTP/1.1 200 OK");
        let answer = format!("{head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        let _ = stream.read(&mut [0; 2048]).await;
        let _ = stream.write_all(answer.as_bytes()).await;
        return;
    }
    if let Ok(socket) = accept_async(stream).await {
        let connection = Connection { socket, kept, address, who: None };
        connection.run(&arrivals).await;
    }
}

/// One client.
struct Connection {
    socket: WebSocketStream<TcpStream>,
    kept: Arc<Mutex<Kept>>,
    address: String,
    /// Who has said that they are there.
    who: Option<String>,
}

/// What is to be signed by who is there.
const CHALLENGE: &str = "a challenge, once";

impl Connection {
    async fn run(mut self, arrivals: &mpsc::UnboundedSender<String>) {
        let only = self.kept.lock().expect("no panic").only.clone();
        if only.is_some() {
            self.say(&json!(["AUTH", CHALLENGE])).await;
        }
        while let Some(Ok(message)) = self.socket.next().await {
            let Message::Text(message) = message else { continue };
            let message: Value = serde_json::from_str(&message).expect("JSON");
            let kind = message[0].as_str().unwrap_or_default().to_owned();
            self.kept.lock().expect("no panic").heard.push(message.clone());
            let _ = arrivals.send(kind.clone());
            if kind == "AUTH" {
                let verdict = self.signed_in(&message[1], only.as_deref());
                if self.kept.lock().expect("no panic").asks.is_some() {
                    continue;
                }
                self.ok(&message[1], verdict.is_ok(), verdict.err().unwrap_or_default()).await;
                continue;
            }
            let subject = if kind == "EVENT" { text(&message[1], "id").to_owned() } else { name(&message) };
            let turn = self.kept.lock().expect("no panic").turns.pop_front().unwrap_or(Turn::Well);
            match turn {
                Turn::Silent => {}
                Turn::Closes => return,
                Turn::KeepsAndCloses => {
                    self.keep(&message[1]);
                    return;
                }
                Turn::KeepsSilently => {
                    self.keep(&message[1]);
                }
                Turn::Notice(words) => self.say(&json!(["NOTICE", words])).await,
                Turn::Long(bytes) => self.say(&json!(["NOTICE", "x".repeat(bytes)])).await,
                Turn::Says(is_taken, words) if kind == "EVENT" => {
                    self.say(&json!(["OK", subject, is_taken, words])).await;
                }
                Turn::SaysOfSome(is_taken, words) => self.say(&json!(["OK", "", is_taken, words])).await,
                Turn::Says(_, words) => self.say(&json!(["CLOSED", subject, words])).await,
                Turn::Well if only.is_some() && self.who.is_none() => {
                    let asks = self.kept.lock().expect("no panic").asks;
                    let words = asks.unwrap_or("auth-required: who is there?");
                    match kind.as_str() {
                        "EVENT" => self.ok(&message[1], false, words).await,
                        _ => self.say(&json!(["CLOSED", subject, words])).await,
                    }
                }
                Turn::Well if kind == "EVENT" => {
                    let (is_taken, words) = self.keep(&message[1]);
                    self.ok(&message[1], is_taken, words).await;
                }
                Turn::Well if kind == "REQ" => self.answer(&subject, &message[2]).await,
                Turn::Well => {}
            }
        }
    }

    async fn say(&mut self, message: &Value) {
        let _ = self.socket.send(Message::text(message.to_string())).await;
    }

    async fn ok(&mut self, event: &Value, is_taken: bool, words: &str) {
        self.say(&json!(["OK", event["id"], is_taken, words])).await;
    }

    fn signed_in(&mut self, event: &Value, only: Option<&str>) -> Result<(), &'static str> {
        let tags = json!([["relay", self.address], ["challenge", CHALLENGE]]);
        if event["kind"] != 22242 || event["tags"] != tags || !is_genuine(event) {
            return Err("invalid: that is no answer to the challenge");
        }
        if only.is_some_and(|only| event["pubkey"] != only) {
            return Err("restricted: members only");
        }
        self.who = Some(text(event, "pubkey").to_owned());
        Ok(())
    }

    /// Keeps an event once; deletes what it deletes.
    fn keep(&self, event: &Value) -> (bool, &'static str) {
        if !is_genuine(event) {
            return (false, "invalid: id or signature is wrong");
        }
        let mut kept = self.kept.lock().expect("no panic");
        if kept.events.iter().any(|known| known["id"] == event["id"]) {
            return (true, "duplicate: there already");
        }
        if event["kind"] == 5 {
            let of = event["pubkey"].clone();
            kept.events.retain(|known| known["pubkey"] != of || !has_tag(event, "e", text(known, "id")));
        }
        kept.events.push(event.clone());
        (true, "")
    }

    async fn answer(&mut self, name: &str, filter: &Value) {
        let events = self.kept.lock().expect("no panic").events.clone();
        for event in events.iter().filter(|event| matches(event, filter)) {
            self.say(&json!(["EVENT", name, event])).await;
        }
        self.say(&json!(["EOSE", name])).await;
    }
}

fn name(message: &Value) -> String {
    message[1].as_str().unwrap_or_default().to_owned()
}

fn matches(event: &Value, filter: &Value) -> bool {
    filter.as_object().expect("a filter").iter().all(|(key, wanted)| {
        let wanted = wanted.as_array().expect("a list");
        match (key.as_str(), key.strip_prefix('#')) {
            ("ids", _) => wanted.contains(&event["id"]),
            ("authors", _) => wanted.contains(&event["pubkey"]),
            ("kinds", _) => wanted.contains(&event["kind"]),
            (_, Some(tag)) => wanted.iter().any(|value| has_tag(event, tag, value.as_str().expect("a text"))),
            _ => panic!("{key}: unknown to this relay"),
        }
    })
}

fn has_tag(event: &Value, name: &str, value: &str) -> bool {
    event["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag[0] == name && tag[1] == value))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Whether id and signature are those of the event.
pub(crate) fn is_genuine(event: &Value) -> bool {
    let part = |key: &str| event[key].clone();
    let said = json!([0, part("pubkey"), part("created_at"), part("kind"), part("tags"), part("content")]);
    let digest = Sha256::digest(said.to_string());
    let sig = text(event, "sig").parse::<Signature>();
    let account = text(event, "pubkey").parse::<XOnlyPublicKey>();
    let (Ok(sig), Ok(account)) = (sig, account) else { return false };
    text(event, "id") == hex(&digest) && Secp256k1::new().verify_schnorr(&sig, &digest, &account).is_ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Pictures by their digest, each with whose it is.
pub(crate) type Pictures = Arc<Mutex<HashMap<String, (String, Bytes)>>>;

/// A server of pictures, and what it has.
pub(crate) async fn fake_blossom() -> (FakeServer, Pictures) {
    let pictures = Pictures::default();
    let kept = pictures.clone();
    let server = FakeServer::acting(move |seen| {
        let mut pictures = kept.lock().expect("no panic");
        let answer = match (&seen.method, seen.path.as_str()) {
            (&Method::PUT, "/upload") => {
                let digest = hex(&Sha256::digest(&seen.body));
                permitted(&seen.headers, "upload", &digest).map(|account| {
                    pictures.insert(digest.clone(), (account, seen.body.clone()));
                    descriptor(&digest, seen)
                })
            }
            (&Method::DELETE, path) => {
                let digest = path.trim_start_matches('/');
                permitted(&seen.headers, "delete", digest).and_then(|account| match pictures.get(digest) {
                    Some((owner, _)) if *owner != account => Err((403, "not yours")),
                    Some(_) => {
                        pictures.remove(digest);
                        Ok(json!({}))
                    }
                    None => Err((404, "no such picture")),
                })
            }
            _ => Err((404, "no such place")),
        };
        let (status, body) = match answer {
            Ok(body) => (200, body),
            Err((status, message)) => (status, json!({"message": message})),
        };
        // What fake servers say they say for good.
        Reply::With(status, &[], Box::leak(body.to_string().into_boxed_str()))
    });
    (server.await, pictures)
}

fn descriptor(digest: &str, seen: &Seen) -> Value {
    let kind = seen.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    json!({
        "url": format!("{}{digest}.jpg", super::fake_server::ITSELF),
        "sha256": digest,
        "size": seen.body.len(),
        "type": kind,
        "uploaded": SystemClock.now().as_second(),
    })
}

/// Who may do this with the picture of this digest (BUD-01).
fn permitted(headers: &HeaderMap, verb: &str, digest: &str) -> Result<String, (u16, &'static str)> {
    let header = headers.get("authorization").and_then(|header| header.to_str().ok());
    let permit = header.and_then(|header| STANDARD.decode(header.strip_prefix("Nostr ")?).ok());
    let permit: Value = permit
        .and_then(|permit| serde_json::from_slice(&permit).ok())
        .ok_or((401, "missing authorization event"))?;
    let now = SystemClock.now().as_second();
    let tags = permit["tags"].as_array().ok_or((401, "no tags"))?;
    let expires =
        tags.iter().find(|tag| tag[0] == "expiration").and_then(|tag| tag[1].as_str()?.parse().ok());
    let faults = [
        (permit["kind"] != 24242, "not an authorization event"),
        (text(&permit, "content").is_empty(), "it says nothing to people"),
        (permit["created_at"].as_i64().is_none_or(|at| at > now), "it is of the future"),
        (expires.is_none_or(|at: i64| at <= now), "it is over"),
        (!has_tag(&permit, "t", verb), "it is for something else"),
        (!has_tag(&permit, "x", digest), "it is for another picture"),
        (!is_genuine(&permit), "it is not signed"),
    ];
    match faults.iter().find(|(is_so, _)| *is_so) {
        Some((_, fault)) => Err((401, fault)),
        None => Ok(text(&permit, "pubkey").to_owned()),
    }
}
