//! The connector for Nostr (<https://github.com/nostr-protocol/nips>): the picture goes to Blossom servers, and a signed note that
//! names it to relays.
//!
//! A note's id is the digest of what it says, and it is made whole, with its time, when the picture has its address: what is kept then
//! is sent however often, and is one note. There is it as soon as one relay has it. Relays and servers that others run may be away,
//! so each is asked beside the others, and what is certain of one is not spoiled by another.

mod blossom;
mod event;
mod keys;
mod note;
mod pauses;
mod relay;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use futures_util::future::join_all;
use http::header::ACCEPT;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use url::Url;

use self::event::{DELETION, Draft, Event, NOTE, tag};
use self::keys::{Key, hex};
use self::pauses::ServerPauses;
use self::relay::Relay;
use super::{AccountKey, Entry, ListKey, Proof, Scheme, ServerKey, parse_own_name};
use crate::deliver::line::{Line, Tools, holds_link};
use crate::deliver::{
    Account, AccountError, Identity, Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting,
    unless_asked_to_wait,
};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "nostr",
    title: "Nostr",
    // Three relays, and what goes from one to the others.
    icon: "M12 5a2 2 0 1 0 0-.01zM5 19a2 2 0 1 0 0-.01zM19 19a2 2 0 1 0 0-.01zM11 7l-5 10M13 7l5 10M8 19h8",
    server: ServerKey::Asked("https://blossom.example.org"),
    account: AccountKey {
        is: "the account's public key, `npub1…`, which must be that of the token; or a name of your own for it",
        example: "pictures@example.org",
        sign: "",
        parse: parse_account,
    },
    token: "the account's secret key: `nsec1…` or 64 hexadecimal digits. Whoever has it is the account, so give the site one of its own",
    check,
    scopes: None,
    lists: &[
        ListKey {
            key: RELAYS,
            is: "a relay that the note is sent to",
            scheme: Scheme::WebSocket,
            example: "wss://relay.example.org",
            is_needed: true,
        },
        ListKey {
            key: MIRRORS,
            is: "another server that is to have the picture too",
            scheme: Scheme::Http,
            example: "https://pictures.example.net",
            is_needed: false,
        },
    ],
    has_visibility: false,
    costs: None,
    limits: Limits {
        // With the alt text, half of the 64 KiB that relays take of an event at least, if each character has four bytes.
        text: Rule::new(Unit::Characters, 8000).with(Markup::Names),
        alt: Some(Rule::new(Unit::Characters, 2000)),
        picture: PictureLimits {
            formats: &[],
            max_bytes: None,
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "the longest text, of those relays that tell it (NIP-11)",
    leftover: "is removed with the share, unless another note of the account shows the same picture",
    repetition: "a note's id is the digest of what it says, its time included: sent again it is the same one",
    source: "https://github.com/nostr-protocol/nips",
    read_on: "2026-11-27",
    proof: Proof::Server(
        "nostr-relay 1.14 of the Python index; pictures go to a server that the tests have made after BUD-01 and BUD-02",
    ),
    more: include_str!("nostr/more.md"),
    make: |account, tools| Ok(Arc::new(Nostr::new(account, tools)?)),
};

/// The key that lists relays.
const RELAYS: &str = "relays";
/// When a relay that failed and asked for no time is tried again, where another asked for one.
const SOON: Duration = Duration::from_secs(60);
/// The key that lists further servers of pictures.
const MIRRORS: &str = "mirrors";
/// Where a note can be seen by whoever has no program for Nostr: it asks the relays that the note's name tells.
const WINDOW: &str = "https://njump.me/";

/// Reads a public key or a name of the site's own choice.
fn parse_account(text: &str) -> Option<String> {
    let is_key = text.starts_with("npub1");
    parse_own_name(text).filter(|_| !is_key || keys::parse_public(text).is_some())
}

fn check(account: &Account) -> Result<(), AccountError> {
    let key = key_of(account)?;
    let named = keys::parse_public(&account.name);
    if named.is_some_and(|public| public != key.public()) {
        let expected = "the public key that belongs to the token, or a name of your own";
        return Err(AccountError { key: "account", expected });
    }
    if account.listed(RELAYS).is_empty() {
        return Err(AccountError { key: RELAYS, expected: "a list of relays, with one at least" });
    }
    Ok(())
}

fn key_of(account: &Account) -> Result<Key, AccountError> {
    let expected = "a secret key: nsec1… or 64 hexadecimal digits";
    Key::parse(account.token.reveal()).ok_or(AccountError { key: "token", expected })
}

/// One account, with the servers that its pictures and notes go to.
struct Nostr {
    account: Account,
    key: Key,
    tools: Tools,
    pictures: Vec<Line>,
    relays: Vec<Relay>,
    /// Those of them that are left alone for a while.
    pauses: ServerPauses,
    /// The longest text, in characters, once a relay has told it.
    max_text: OnceCell<Option<usize>>,
}

impl Nostr {
    fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        check(&account)?;
        let key = key_of(&account)?;
        let at = |server: &Url| {
            Line::new(Account { server: server.clone(), ..account.clone() }, tools.clone(), |_| None)
        };
        let pictures = std::iter::once(&account.server).chain(account.listed(MIRRORS)).map(at);
        let pictures = pictures.collect::<Result<_, _>>()?;
        let relays = account.listed(RELAYS).iter().map(|address| Relay::new(&account, address, &tools));
        let relays = relays.collect::<Result<_, _>>()?;
        let pauses = ServerPauses::new(tools.clock.clone());
        Ok(Self { key, pictures, relays, pauses, account, tools, max_text: OnceCell::new() })
    }

    /// The text that all relays take.
    fn rule(&self) -> Rule {
        let rule = ENTRY.limits.text;
        let told = self.max_text.get().copied().flatten();
        told.map_or(rule, |told| Rule { max: rule.max.min(told), ..rule })
    }

    /// What was kept of an upload: the note as it will be sent.
    fn kept(&self, upload: &str) -> Result<Draft, PostError> {
        let note = serde_json::from_str::<Draft>(upload).ok();
        note.filter(|note| note.pubkey == self.key.public()).ok_or_else(|| PostError::Spent {
            reason: "The note was made for another account. Try again.".to_owned(),
            detail: "what was kept is no note of this key's".to_owned(),
        })
    }

    fn posted(&self, event: &Event) -> Posted {
        let relay = self.relays.first().map(|relay| relay.address.as_str());
        Posted { url: Some(format!("{WINDOW}{}", keys::nevent(event, relay))), id: Some(event.id.clone()) }
    }

    /// Asks all relays. What one has is there; what none has is not, if all of them have answered.
    async fn look(&self, filter: Value) -> Result<Vec<Event>, PostError> {
        let answers = join_all(self.relays.iter().map(|relay| self.look_at(relay, &filter))).await;
        let (mut events, mut errors) = (Vec::new(), Vec::new());
        for answer in answers {
            match answer {
                Ok(found) => events.extend(found),
                Err(error) => errors.push(error),
            }
        }
        events.retain(|event| event.draft.pubkey == self.key.public());
        if events.is_empty()
            && let Some(error) = gravest(errors)
        {
            Err(error)
        } else {
            Ok(events)
        }
    }

    async fn look_at(&self, relay: &Relay, filter: &Value) -> Result<Vec<Event>, PostError> {
        self.pauses.unless_paused(&relay.line, relay.look(filter, &self.key)).await
    }

    async fn send_to(&self, relay: &Relay, event: &Event) -> Result<(), PostError> {
        self.pauses.unless_paused(&relay.line, relay.send(event, &self.key)).await
    }

    /// Asks one relay to delete, and believes that it has if it has the note no more.
    async fn remove_from(&self, relay: &Relay, deletion: &Event, id: &str) -> Result<(), PostError> {
        let Err(error) = self.send_to(relay, deletion).await else { return Ok(()) };
        let is_gone = self.look_at(relay, &json!({"ids": [id]})).await.is_ok_and(|found| found.is_empty());
        match error {
            _ if is_gone => Ok(()),
            // Sent again it deletes nothing more.
            PostError::Unknown { reason, detail } => {
                Err(PostError::Passing { reason, detail, retry_after: None })
            }
            error => Err(error),
        }
    }
}

/// The longest text that a relay takes, if it tells that (NIP-11).
async fn max_text(relay: &Relay) -> Result<Option<usize>, PostError> {
    let request = relay.line.plain(Method::GET, &[]).header(ACCEPT, "application/nostr+json");
    let json = relay.line.get(request).await?.json().unwrap_or_default();
    let told = json.pointer("/limitation/max_content_length").and_then(Value::as_u64);
    Ok(told.and_then(|told| usize::try_from(told).ok()).filter(|told| *told > 0))
}

/// What a server that has not done it tells: first that it may have, then that it may still do it, and after which time.
fn rank(error: &PostError) -> (u8, Option<Duration>) {
    match error {
        PostError::Unknown { .. } | PostError::Taken { .. } => (0, None),
        PostError::Passing { retry_after, .. } => (1, *retry_after),
        PostError::Spent { .. } | PostError::Final { .. } => (2, None),
    }
}

/// What is to be said where all servers have to do it: with the longest time that one asked for.
fn gravest(errors: Vec<PostError>) -> Option<PostError> {
    let key = |(rank, wait)| (rank, Reverse(wait));
    errors.into_iter().min_by_key(|error| key(rank(error)))
}

/// What is to be said where one of them is enough: the shortest time that one asked for. Who asked for a longer one is left alone as
/// long by itself; one that asked for none is tried again soon, and that costs no attempt, since another has named its time.
fn nearest(errors: Vec<PostError>) -> Option<PostError> {
    let longest_asked = errors.iter().filter_map(|error| rank(error).1).max();
    let mut nearest = errors.into_iter().min_by_key(rank)?;
    if let PostError::Passing { retry_after: none @ None, .. } = &mut nearest {
        *none = longest_asked.map(|asked| asked.min(SOON));
    }
    Some(nearest)
}

/// What some of several servers have done; an error when none has.
fn done_by_some<T>(account: &Account, results: Vec<Result<T, PostError>>) -> Result<Vec<T>, PostError> {
    let (mut done, mut errors) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(result) => done.push(result),
            Err(error) => errors.push(error),
        }
    }
    if !done.is_empty() {
        for error in &errors {
            tracing::info!(target = %account.target, "one of several servers did not take it: {error}");
        }
        return Ok(done);
    }
    Err(nearest(errors).expect("there is a server"))
}

#[async_trait]
impl Platform for Nostr {
    fn target(&self) -> Target {
        self.account.shown()
    }

    /// The key tells whose it is, and no server is needed for that.
    async fn identify(&self) -> Result<Option<Identity>, PostError> {
        Ok(Some(Identity { id: self.key.public().to_owned(), name: self.account.name.clone() }))
    }

    async fn prepare(&self) -> Result<(), PostError> {
        let asked = self.max_text.get_or_try_init(async || {
            let told =
                self.relays.iter().map(|relay| self.pauses.unless_paused(&relay.line, max_text(relay)));
            let told = done_by_some(&self.account, join_all(told).await)?;
            Ok(told.into_iter().flatten().min())
        });
        asked.await.map(drop).or_else(unless_asked_to_wait)
    }

    async fn limits(&self) -> Limits {
        Limits { text: self.rule(), ..ENTRY.limits }
    }

    /// What it gives is the note, all but its signature.
    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        let digest = hex(&Sha256::digest(&post.bytes));
        let now = self.tools.clock.now();
        let permit = self.key.sign(blossom::permit(self.key.public(), "upload", &digest, now));
        let uploads = self
            .pictures
            .iter()
            .map(|line| self.pauses.unless_paused(line, blossom::upload(line, post, &digest, &permit)));
        let addresses = done_by_some(&self.account, join_all(uploads).await)?;
        let note = note::note(self.key.public(), post, &digest, &addresses, &self.rule());
        Ok(serde_json::to_string(&note).expect("texts and numbers"))
    }

    async fn publish(&self, _: &Post, upload: &str) -> Result<Posted, PostError> {
        let event = self.key.sign(self.kept(upload)?);
        let sent = join_all(self.relays.iter().map(|relay| self.send_to(relay, &event))).await;
        done_by_some(&self.account, sent).map(|_| self.posted(&event))
    }

    async fn find(&self, link: &str, _: Timestamp) -> Result<Sighting, PostError> {
        let filter = json!({"authors": [self.key.public()], "kinds": [NOTE], "#r": [link]});
        match self.look(filter).await {
            Ok(events) => {
                let ours = events.iter().find(|event| holds_link(&event.draft.content, link));
                Ok(ours.map_or(Sighting::NotThere, |event| Sighting::There(self.posted(event))))
            }
            Err(PostError::Final { detail, .. }) => Ok(Sighting::CannotTell { detail }),
            Err(error) => Err(error),
        }
    }

    /// The note was made with the picture, so its id is known.
    async fn find_by_upload(&self, _: &Post, upload: &str) -> Result<Option<Posted>, PostError> {
        let Ok(note) = self.kept(upload) else { return Ok(None) };
        let found = self.look(json!({"ids": [note.id()]})).await?;
        Ok(found.first().map(|event| self.posted(event)))
    }

    /// Asks each relay to delete it (NIP-09).
    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let deletion = self.key.sign(Draft {
            pubkey: self.key.public().to_owned(),
            created_at: self.tools.clock.now().as_second(),
            kind: DELETION,
            tags: vec![tag(["e", post_id]), tag(["k", &NOTE.to_string()])],
            content: String::new(),
        });
        let removals = self.relays.iter().map(|relay| self.remove_from(relay, &deletion, post_id));
        let errors = join_all(removals).await.into_iter().filter_map(Result::err).collect();
        gravest(errors).map_or(Ok(()), Err)
    }

    /// Removes the picture, unless another note shows it: servers keep the same bytes once.
    async fn discard(&self, upload: &str) -> Result<(), PostError> {
        let Ok(note) = self.kept(upload) else { return Ok(()) };
        let Some(digest) = note.values("x").next().map(str::to_owned) else { return Ok(()) };
        let filter = json!({"authors": [self.key.public()], "kinds": [NOTE], "#x": [digest]});
        let id = note.id();
        match self.look(filter).await {
            Ok(events) if events.iter().any(|event| event.id != id) => return Ok(()),
            // Those who answer no questions know no more later.
            Ok(_) | Err(PostError::Final { .. }) => {}
            Err(error) => return Err(error),
        }
        let now = self.tools.clock.now();
        let permit = self.key.sign(blossom::permit(self.key.public(), "delete", &digest, now));
        let deletions = self
            .pictures
            .iter()
            .map(|line| self.pauses.unless_paused(line, blossom::delete(line, &digest, &permit)));
        let errors = join_all(deletions).await.into_iter().filter_map(Result::err).collect();
        gravest(errors).map_or(Ok(()), Err)
    }

    /// Of notes that wait relays know nothing.
    fn kept_once(&self, upload: &str) -> Option<String> {
        self.kept(upload).ok()?.values("x").next().map(str::to_owned)
    }

    async fn knows_repetitions_for(&self, _: Option<&str>) -> Duration {
        Duration::MAX
    }
}
