//! The connector for Mastodon and the servers that speak its API (Pixelfed, GoToSocial, Akkoma, Friendica, snac).
//!
//! Two steps: the picture with its alt text, then the status that carries it
//! (<https://docs.joinmastodon.org/methods/media/>, <https://docs.joinmastodon.org/methods/statuses/>). Until the status
//! is sent nothing is visible, so anything may be tried again. From then on only a clear answer counts. What is lost then
//! is sent again to Mastodon itself, which knows its `Idempotency-Key` again; on all others (snac ignores it) it is looked
//! for among the account's latest statuses, by the link that every one of ours carries.

mod instance;
mod look;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cutline_model::Target;
use cutline_text::{AddressCount, Markup, Rule, Unit};
use http::StatusCode;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use self::instance::Instance;
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::{Answer, picture_part};
use crate::deliver::line::{Line, Meaning, Tools, id_of, web_address};
use crate::deliver::steps::until;
use crate::deliver::{
    Account, AccountError, Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting,
    unless_asked_to_wait,
};
use crate::store::MAX_APPEARING;

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "mastodon",
    title: "Mastodon",
    // A speech bubble with an m.
    icon: "M6 3h12a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3h-6l-4 5v-5H6a3 3 0 0 1-3-3V6a3 3 0 0 1 3-3zM8 12V8.500a2 2 0 0 1 4 0V12m0-3.500a2 2 0 0 1 4 0V12",
    server: ServerKey::Asked("https://example.social"),
    account: AccountKey {
        is: "the account's full name, on Mastodon or a server that speaks its API (Pixelfed, GoToSocial, Akkoma, Friendica, snac)",
        example: "alice@example.social",
        sign: "@",
        parse: parse_account,
    },
    token: "an access token with the scopes write:media, write:statuses, read:accounts and read:statuses: Preferences, Development, New application",
    check: |_| Ok(()),
    scopes: Some("read:accounts read:statuses write:media write:statuses"),
    lists: &[],
    has_visibility: true,
    costs: None,
    limits: Limits {
        text: Rule {
            address: AddressCount::AtLeast(23),
            ..Rule::new(Unit::Characters, 500).with(Markup::Names)
        },
        alt: Some(Rule::new(Unit::Characters, 1500)),
        picture: PictureLimits {
            formats: &[],
            max_bytes: Some(16 << 20),
            max_pixels: Some(33_177_600),
            max_side: None,
            aspect: None,
        },
    },
    told: "all of it",
    leftover: "is shown to nobody, and goes by itself: Mastodon removes it after a day",
    repetition: "the post is looked for first; what Mastodon itself does not show is sent again under its `Idempotency-Key`, which it knows for an hour",
    source: "https://docs.joinmastodon.org/methods/statuses/",
    read_on: "2026-11-23",
    proof: Proof::Server(
        "snac 2, which speaks Mastodon's API; Mastodon itself, Pixelfed, GoToSocial, Akkoma and Friendica are **built from their documentation, not proven**",
    ),
    more: "",
    make: |account, tools| Ok(Arc::new(Mastodon::new(account, tools)?)),
};

/// Reads `alice@example.social`, with or without the `@` that people write in front.
pub(super) fn parse_account(text: &str) -> Option<String> {
    let text = text.strip_prefix('@').unwrap_or(text);
    let (name, server) = text.split_once('@')?;
    let name_fits =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    let server_fits = !server.is_empty()
        && server.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    (name_fits && server_fits && text.len() <= 190).then(|| text.to_owned())
}

/// How servers of the family say that the token, or its account, may not do this, beside a 401: of Mastodon
/// (<https://docs.joinmastodon.org/methods/accounts/#verify_credentials>), GoToSocial, Pleroma and Akkoma, Pixelfed.
const NOT_ALLOWED: [&str; 10] = [
    "outside the authorized scopes",
    "insufficient scope",
    "insufficient permissions",
    "invalid scope",
    "your login is currently disabled",
    "your login is currently pending",
    "your login is missing",
    "your account requires two-factor",
    "invalid credentials",
    "requires an authenticated user",
];

/// What a server says in its bodies: `{"error": "This action is outside the authorized scopes"}`. Another token helps then, or
/// whoever the account is of; what else is refused stays so.
fn reading(answer: &Answer) -> Option<Meaning> {
    if !matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::UNPROCESSABLE_ENTITY) {
        return None;
    }
    // RFC 6750, 3.1.
    let lacks_scope =
        answer.header("www-authenticate").is_some_and(|asked| asked.contains("insufficient_scope"));
    let words = answer.words().unwrap_or_default().to_lowercase();
    let is_told = NOT_ALLOWED.iter().any(|phrase| words.contains(phrase));
    (lacks_scope || is_told).then_some(Meaning::Reconnect)
}

/// How long Mastodon remembers a key: an hour (its `PostStatusService`), less what clocks may differ by.
const KEY_REMEMBERED: Duration = Duration::from_secs(55 * 60);

/// What stands behind the id of a picture that the server said to be processing, with the second from which it may be asked, if it
/// named one: written down with it, so that whoever goes on waits for it too.
const PROCESSED_LATER: &str = " processing";

/// How an attempt waits for a server that works on an uploaded picture. What takes longer is left to another attempt, which costs
/// none: the delivery gives its place away meanwhile, and a day ends it.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// Time between two questions, where the server names none.
    pace: Duration,
    /// Longest time of one attempt.
    bound: Duration,
    /// When another asks, where the server names no time.
    pause: Duration,
}

/// What is kept of a picture.
struct Kept<'a> {
    id: &'a str,
    is_processed: bool,
    /// The server is not to be asked for it before then.
    asked_from: Option<Timestamp>,
}

impl<'a> Kept<'a> {
    fn read(upload: &'a str) -> Self {
        let (id, wait) = match upload.split_once(PROCESSED_LATER) {
            Some((id, wait)) => (id, Some(wait)),
            None => (upload, None),
        };
        let seconds = wait.and_then(|wait| wait.trim_start().parse().ok());
        let asked_from = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Self { id, is_processed: wait.is_none(), asked_from }
    }
}

/// One account on one server of the Mastodon family.
pub(crate) struct Mastodon {
    line: Line,
    patience: Patience,
    /// What the server is and takes, once it has told.
    instance: OnceCell<Instance>,
    /// The server was seen to know only the first version of the upload: do not send each picture twice.
    has_old_upload: AtomicBool,
}

impl Mastodon {
    /// Posts to `account`.
    pub(crate) fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        let line = Line::new(account, tools, reading)?;
        let patience = Patience {
            pace: Duration::from_secs(1),
            bound: Duration::from_secs(10),
            pause: Duration::from_secs(30),
        };
        Ok(Self { line, patience, instance: OnceCell::new(), has_old_upload: AtomicBool::new(false) })
    }

    /// The server as it has told; one with the usual limits when it has not, and then it is asked again before the next post.
    fn instance(&self) -> Instance {
        self.instance.get().copied().unwrap_or_default()
    }

    async fn ask_instance(&self) -> Result<Instance, PostError> {
        for version in ["v2", "v1"] {
            let request = self.line.bearing(Method::GET, &["api", version, "instance"]);
            let answer = self.line.ask(request).await?;
            match answer.json() {
                Some(instance) if answer.status.is_success() => return Ok(Instance::read(&instance)),
                _ if answer.status == StatusCode::NOT_FOUND => {}
                _ => return Err(self.line.refused(&answer)),
            }
        }
        Ok(Instance::default())
    }

    /// Uploads the picture; gives what is kept of it ([`Kept`]).
    async fn send(&self, post: &Post, alt: &str) -> Result<String, PostError> {
        let mut answer = None;
        if !self.has_old_upload.load(Ordering::Relaxed) {
            let new = self.send_picture("v2", post, alt).await?;
            let is_old = new.status == StatusCode::NOT_FOUND;
            self.has_old_upload.store(is_old, Ordering::Relaxed);
            answer = (!is_old).then_some(new);
        }
        let answer = match answer {
            Some(answer) => answer,
            None => self.send_picture("v1", post, alt).await?,
        };
        if !answer.status.is_success() {
            return Err(self.line.refused(&answer));
        }
        let id = answer.json().as_ref().and_then(id_in).ok_or_else(|| self.line.unclear(&answer))?;
        if answer.status != StatusCode::ACCEPTED {
            return Ok(id);
        }
        let now = self.line.tools.clock.now();
        let asked_from = answer.retry_after(now).and_then(|wait| now.checked_add(wait).ok());
        Ok(match asked_from {
            // Never too early.
            Some(at) => {
                format!("{id}{PROCESSED_LATER} {}", at.as_second() + i64::from(at.subsec_nanosecond() > 0))
            }
            None => format!("{id}{PROCESSED_LATER}"),
        })
    }

    async fn send_picture(&self, version: &str, post: &Post, alt: &str) -> Result<Answer, PostError> {
        let mut form = Form::new().part("file", picture_part(post)?);
        if !alt.is_empty() {
            form = form.text("description", alt.to_owned());
        }
        self.line.ask(self.line.bearing(Method::POST, &["api", version, "media"]).multipart(form)).await
    }

    /// Asks at the server's pace until the picture is processed (206 while it is not), for a moment, in which its answers may take
    /// their time too; gives after how long it is to be asked again.
    async fn wait_for(&self, id: &str, first: Option<Duration>) -> Result<Option<Duration>, PostError> {
        let began = Instant::now();
        let mut asked = first;
        loop {
            let pace = asked.unwrap_or(self.patience.pace);
            if began.elapsed() + pace > self.patience.bound {
                return Ok(Some(asked.unwrap_or(self.patience.pause)));
            }
            tokio::time::sleep(pace).await;
            let answer = self.line.ask(self.line.bearing(Method::GET, &["api", "v1", "media", id])).await?;
            match answer.status {
                StatusCode::PARTIAL_CONTENT | StatusCode::ACCEPTED => {}
                status if status.is_success() => return Ok(None),
                _ => return Err(self.line.refused(&answer)),
            }
            asked = answer.retry_after(self.line.tools.clock.now());
        }
    }

    /// Posts the status with the uploaded picture.
    async fn send_status(&self, status: &str, media_id: &str, key: &str) -> Result<Posted, PostError> {
        let form = [
            ("status", status),
            ("media_ids[]", media_id),
            ("visibility", self.line.account.visibility.as_str()),
        ];
        let request = self.line.bearing(Method::POST, &["api", "v1", "statuses"]);
        let answer = self.line.post(request.header("idempotency-key", key).form(&form)).await?;
        self.line.posted(&answer, |status| Some(posted_status(status)))
    }

    /// Removing was answered with "not found": by a server that has no such status, or that cannot remove any (snac 2.75).
    async fn expect_no_status(&self, id: &str) -> Result<(), PostError> {
        let answer = self.line.ask(self.line.bearing(Method::GET, &["api", "v1", "statuses", id])).await?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(()),
            status if status.is_success() => Err(PostError::Final {
                reason: format!("{} lets no program remove posts. Remove it there.", self.line.host()),
                detail: format!("status {id} is there, and removing it answered that it is not"),
            }),
            _ => Err(self.line.refused(&answer)),
        }
    }
}

#[async_trait]
impl Platform for Mastodon {
    fn target(&self) -> Target {
        let shown = self.line.account.shown();
        // What the server has told so far: nobody waits for it here.
        let told = self.instance.get().map(|instance| instance.limits.told());
        Target { limits: told.or(shown.limits), ..shown }
    }

    fn server(&self) -> String {
        self.line.origin()
    }

    async fn prepare(&self) -> Result<(), PostError> {
        let told = self.instance.get_or_try_init(|| self.ask_instance()).await;
        told.map(drop).or_else(unless_asked_to_wait)
    }

    async fn limits(&self) -> Limits {
        self.instance().limits
    }

    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        let Limits { alt, .. } = self.instance().limits;
        // In one line: snac 2.75 keeps only the first one and drops the rest.
        let line = post.alt.split_whitespace().collect::<Vec<_>>().join(" ");
        self.send(post, &alt.map(|rule| rule.shorten(&line)).unwrap_or_default()).await
    }

    async fn ready(&self, upload: &str) -> Result<Option<Duration>, PostError> {
        let Kept { id, is_processed, asked_from } = Kept::read(upload);
        if is_processed {
            return Ok(None);
        }
        let first = asked_from.map(|at| until(at, self.line.tools.clock.now()));
        self.wait_for(id, first).await
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let status = post.text(&self.instance().limits);
        self.send_status(&status, Kept::read(upload).id, &post.idempotency_key).await
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        self.look_for(link, since).await
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let request = self.line.bearing(Method::DELETE, &["api", "v1", "statuses", post_id]);
        let answer = self.line.ask(request).await?;
        match answer.status {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND | StatusCode::GONE => self.expect_no_status(post_id).await,
            _ => Err(self.line.refused(&answer)),
        }
    }

    async fn knows_repetitions_for(&self, _: Option<&str>) -> Duration {
        if self.instance().knows_keys { KEY_REMEMBERED } else { Duration::ZERO }
    }

    /// `PostStatusService` asks for the key, makes the status and then writes the key down.
    async fn notices_repetitions_after(&self) -> Duration {
        MAX_APPEARING
    }
}

/// The id of a picture or a status.
fn id_in(entity: &Value) -> Option<String> {
    id_of(entity.get("id")?)
}

/// The post that a status is.
fn posted_status(status: &Value) -> Posted {
    let address = ["url", "uri"].iter().find_map(|field| status.get(field)?.as_str());
    Posted { url: address.and_then(web_address), id: id_in(status) }
}
