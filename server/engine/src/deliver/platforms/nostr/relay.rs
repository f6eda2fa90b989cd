//! A relay: takes events and gives them out again, by messages over a WebSocket (NIP-01), to those who say who they are if it asks
//! for that (NIP-42).
//!
//! The connection is one of the platforms' client, with its guard, its certificates and its times; it lasts for one question. What
//! a relay says is read with a cap, and no longer than [`PATIENCE`].

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::header;
use reqwest::{Method, Upgraded};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use url::Url;

use super::event::{Draft, Event, SIGN_IN, tag};
use super::keys::Key;
use crate::deliver::client::{Silence, readable, upgrade};
use crate::deliver::line::{Line, Tools};
use crate::deliver::{Account, AccountError, PostError};

/// How long one question may take, the connection included.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// Largest message that is read, in bytes: an event has seldom more than 64 KiB.
const MAX_MESSAGE_BYTES: usize = 256 << 10;
/// Most events that are taken for one question.
const MAX_EVENTS: usize = 50;
/// How long is waited where a relay has had too much of us: they count by the minute, and do not say when it is over.
const PAUSE: Duration = Duration::from_secs(60);
/// What questions are called.
const NAME: &str = "look";
/// What a relay begins with to say that it wants to know who is there.
const WHO_IS_THERE: &str = "auth-required";

/// One relay.
pub(super) struct Relay {
    /// Where its connections begin, as requests.
    pub(super) line: Line,
    /// Its address, as events name it.
    pub(super) address: String,
    /// [`PATIENCE`].
    pub(super) patience: Duration,
}

/// What a relay makes of an event.
enum Verdict {
    Taken,
    /// With its words: a prefix for programs, a colon, and the rest for people.
    Refused(String),
}

/// A conversation ended before its time; how, for the log.
struct Lost(String);

impl Relay {
    /// The relay at `address`, whose scheme is `wss`.
    pub(super) fn new(account: &Account, address: &Url, tools: &Tools) -> Result<Self, AccountError> {
        let mut server = address.clone();
        let scheme = if address.scheme() == "ws" { "http" } else { "https" };
        // Between these schemes any address may change.
        let _ = server.set_scheme(scheme);
        let line = Line::new(Account { server, ..account.clone() }, tools.clone(), |_| None)?;
        Ok(Self { line, address: address.to_string(), patience: PATIENCE })
    }

    /// Sends an event; one that is there already is taken.
    pub(super) async fn send(&self, event: &Event, key: &Key) -> Result<(), PostError> {
        let mut talk = self.begin().await?;
        let verdict = self.deliver(&mut talk, event, key).await;
        talk.end().await;
        match verdict {
            Ok(Verdict::Taken) => Ok(()),
            Ok(Verdict::Refused(message)) => Err(self.refused(&message)),
            Err(Lost(how)) => Err(self.line.unknown(format!("event sent, then: {how}"))),
        }
    }

    async fn deliver(&self, talk: &mut Talk, event: &Event, key: &Key) -> Result<Verdict, Lost> {
        let message = json!(["EVENT", event]);
        talk.say(&message).await?;
        match talk.verdict(&event.id).await? {
            Verdict::Refused(why) if talk.wants_to_know(&why) => {
                self.sign_in(talk, key).await?;
                talk.say(&message).await?;
                talk.verdict(&event.id).await
            }
            verdict => Ok(verdict),
        }
    }

    /// The events there that this filter asks for; only genuine ones.
    pub(super) async fn look(&self, filter: &Value, key: &Key) -> Result<Vec<Event>, PostError> {
        let mut talk = self.begin().await?;
        let found = self.answers(&mut talk, filter, key).await;
        talk.end().await;
        match found {
            Ok(Ok(events)) => Ok(events),
            Ok(Err(message)) => Err(self.refused(&message)),
            Err(Lost(how)) => Err(self.line.out_of_reach(&Silence::Lost(how))),
        }
    }

    async fn answers(
        &self,
        talk: &mut Talk,
        filter: &Value,
        key: &Key,
    ) -> Result<Result<Vec<Event>, String>, Lost> {
        let question = json!(["REQ", NAME, filter]);
        talk.say(&question).await?;
        let mut events = Vec::new();
        loop {
            let parts = talk.hear().await?;
            if let Some(why) = talk.not_signed_in(&parts) {
                return Ok(Err(why));
            }
            if parts.get(1).and_then(Value::as_str) != Some(NAME) {
                continue;
            }
            match parts[0].as_str().unwrap_or_default() {
                "EVENT" => {
                    let event = parts.get(2).and_then(|event| Event::deserialize(event).ok());
                    events.extend(event.filter(Event::is_genuine));
                    if events.len() >= MAX_EVENTS {
                        return Ok(Ok(events));
                    }
                }
                "EOSE" => return Ok(Ok(events)),
                "CLOSED" => {
                    let why = parts.get(2).and_then(Value::as_str).unwrap_or_default();
                    if !talk.wants_to_know(why) {
                        return Ok(Err(why.to_owned()));
                    }
                    self.sign_in(talk, key).await?;
                    talk.say(&question).await?;
                }
                _ => {}
            }
        }
    }

    /// Says who is there. An answer is not waited for: some give none (nostr-relay), and all take one message after the other.
    async fn sign_in(&self, talk: &mut Talk, key: &Key) -> Result<(), Lost> {
        let challenge = loop {
            match talk.challenge.take() {
                Some(challenge) => break challenge,
                None => drop(talk.hear().await?),
            }
        };
        let event = key.sign(Draft {
            pubkey: key.public().to_owned(),
            created_at: self.line.tools.clock.now().as_second(),
            kind: SIGN_IN,
            tags: vec![tag(["relay", &self.address]), tag(["challenge", &challenge])],
            content: String::new(),
        });
        talk.say(&json!(["AUTH", event])).await?;
        talk.sign_in = Some(event.id);
        Ok(())
    }

    /// Opens a connection (RFC 6455, 4.1). What goes wrong here has posted nothing.
    async fn begin(&self) -> Result<Talk, PostError> {
        let deadline = Instant::now() + self.patience;
        let silent = |how: &str| self.line.out_of_reach(&Silence::NotReached(how.to_owned()));
        let key = generate_key();
        let request = self
            .line
            .plain(Method::GET, &[])
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, &key);
        let opened = timeout_at(deadline, upgrade(request)).await.map_err(|_| silent("it says nothing"))?;
        let (stream, headers) = match opened.map_err(|silence| self.line.out_of_reach(&silence))? {
            Ok(opened) => opened,
            Err(answer) => return Err(self.line.refused(&answer)),
        };
        let accepted = headers.get(header::SEC_WEBSOCKET_ACCEPT).map(|accepted| accepted.as_bytes());
        if accepted != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(silent("it does not speak WebSocket"));
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let socket = WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await;
        Ok(Talk { socket, deadline, challenge: None, sign_in: None, notice: None })
    }

    /// What it means that a relay does not take an event, or answers no question: it says so in a word for programs (NIP-01, NIP-42).
    fn refused(&self, message: &str) -> PostError {
        let host = self.line.host();
        let words = message.split_once(':').map_or(message, |(_, words)| words);
        let words = readable(words).unwrap_or_default();
        let detail = format!("{} answered: {}", self.address, readable(message).unwrap_or_default());
        let reason = match prefix(message) {
            "rate-limited" => {
                let reason = format!("{host} asks for a pause before the next post.");
                return PostError::Passing { reason, detail, retry_after: Some(PAUSE) };
            }
            "error" => {
                let reason = format!("{host} has a problem at the moment: {words}");
                return PostError::Passing { reason, detail, retry_after: None };
            }
            "blocked" | "restricted" | WHO_IS_THERE => {
                format!("{host} does not let this account post: {words}")
            }
            "pow" => format!("{host} asks for a proof of work, which is not made here: {words}"),
            // `invalid`, and whatever has no prefix.
            _ => format!("{host} refused the post: {words}"),
        };
        PostError::Final { reason: reason.trim_end_matches(": ").to_owned(), detail }
    }
}

/// What a message begins with, for programs.
fn prefix(message: &str) -> &str {
    message.split_once(':').map_or("", |(prefix, _)| prefix.trim())
}

/// One conversation.
struct Talk {
    socket: WebSocketStream<Upgraded>,
    deadline: Instant,
    /// What the relay wants signed by who is there.
    challenge: Option<String>,
    /// The event by which we have said that; once is enough.
    sign_in: Option<String>,
    /// What it has said to people last.
    notice: Option<String>,
}

impl Talk {
    async fn say(&mut self, message: &Value) -> Result<(), Lost> {
        let said = timeout_at(self.deadline, self.socket.send(Message::text(message.to_string()))).await;
        match said {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.lost(&error)),
            Err(_) => Err(self.lost("it does not listen")),
        }
    }

    /// The next message that is one of Nostr's.
    async fn hear(&mut self) -> Result<Vec<Value>, Lost> {
        loop {
            let heard = timeout_at(self.deadline, self.socket.next()).await;
            let text = match heard {
                Ok(Some(Ok(Message::Text(text)))) => text,
                Ok(Some(Ok(Message::Close(_))) | None) => return Err(self.lost("it closed the connection")),
                // Pings are answered by the library.
                Ok(Some(Ok(_))) => continue,
                Ok(Some(Err(Error::ConnectionClosed))) => return Err(self.lost("it closed the connection")),
                Ok(Some(Err(error))) => return Err(self.lost(&error)),
                Err(_) => return Err(self.lost("it says nothing")),
            };
            let Ok(Value::Array(parts)) = serde_json::from_str(&text) else { continue };
            let said = |place: usize| parts.get(place).and_then(Value::as_str).map(str::to_owned);
            match said(0).as_deref() {
                Some("AUTH") => self.challenge = said(1),
                Some("NOTICE") => self.notice = said(1).as_deref().and_then(readable),
                Some(_) => {}
                None => continue,
            }
            return Ok(parts);
        }
    }

    /// Whether it refuses because it does not know who is there. Some say so as if they knew (nostr-relay), but have asked.
    fn wants_to_know(&self, why: &str) -> bool {
        let asks = prefix(why) == WHO_IS_THERE || prefix(why) == "restricted" && self.challenge.is_some();
        asks && self.sign_in.is_none()
    }

    /// Why it does not believe who is there, if that is what it says here.
    fn not_signed_in(&self, parts: &[Value]) -> Option<String> {
        let text = |place: usize| parts.get(place).and_then(Value::as_str);
        let is_refusal = text(0) == Some("OK") && parts.get(2).and_then(Value::as_bool) == Some(false);
        let is_of_this = text(1).is_some() && text(1) == self.sign_in.as_deref();
        (is_refusal && is_of_this).then(|| text(3).unwrap_or_default().to_owned())
    }

    /// What becomes of the event of this id.
    async fn verdict(&mut self, id: &str) -> Result<Verdict, Lost> {
        loop {
            let parts = self.hear().await?;
            if let Some(why) = self.not_signed_in(&parts) {
                return Ok(Verdict::Refused(why));
            }
            let text = |place: usize| parts.get(place).and_then(Value::as_str).unwrap_or_default();
            // Some do not name an event that they refuse (nostr-relay); there is only one.
            if text(0) != "OK" || text(1) != id && !text(1).is_empty() {
                continue;
            }
            let is_taken = parts.get(2).and_then(Value::as_bool) == Some(true);
            // Some say so of what they have as of a fault.
            let is_there = prefix(text(3)) == "duplicate";
            return Ok(if is_taken || is_there {
                Verdict::Taken
            } else {
                Verdict::Refused(text(3).to_owned())
            });
        }
    }

    /// Says goodbye; whether that is heard does not matter.
    async fn end(mut self) {
        let _ = timeout(GOODBYE, self.socket.close(None)).await;
    }

    fn lost(&self, how: impl std::fmt::Display) -> Lost {
        match &self.notice {
            Some(notice) => Lost(format!("{how}; it had said: {notice}")),
            None => Lost(how.to_string()),
        }
    }
}
