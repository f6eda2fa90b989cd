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

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use cutline_model::{Target, TargetId};
use http::StatusCode;
use jiff::Timestamp;
use reqwest::{
    Body, Client, Method, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::Value;
use tokio::sync::OnceCell;
use url::Url;

use self::instance::InstanceLimits;
use super::{
    Platform, Post, PostError, Posted, Sighting,
    client::{Answer, Silence, send},
    did_not_say, text,
};
use crate::clock::SharedClock;

/// How long Mastodon remembers a key: an hour (its `PostStatusService`), less what clocks may differ by.
const KEY_REMEMBERED: Duration = Duration::from_secs(55 * 60);

/// The site's account on one server.
#[derive(Clone, Debug)]
pub struct MastodonAccount {
    /// The server's address, `https://example.social/`: the only host that is ever called.
    pub server: Url,
    /// The account's full name, `alice@example.social`.
    pub account: String,
    /// An access token with the scopes `write:media` and `write:statuses`.
    pub token: Token,
    /// Who sees its posts.
    pub visibility: Visibility,
}

/// An access token. It is never printed.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// Wraps a token.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Who sees a status, as Mastodon names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody, and it appears on public timelines.
    #[default]
    Public,
    /// Everybody, but not on public timelines.
    Unlisted,
    /// Followers only.
    Private,
    /// Those who are mentioned only.
    Direct,
}

impl Visibility {
    /// The name in Mastodon's API, and in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private => "private",
            Self::Direct => "direct",
        }
    }
}

/// Why an account cannot be used; each message says what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MastodonAccountError {
    /// The server's address is not one, or carries a login.
    #[error("the server is an http or https address without a login, for example https://example.social")]
    Server,
    /// The account's name cannot be part of a target's.
    #[error("the account is its full name without spaces, for example alice@example.social")]
    Account,
    /// The token is empty, or holds what no token holds.
    #[error(
        "the token is what the server shows under Development, your application: letters, digits and signs"
    )]
    Token,
}

/// How long a server may work on an uploaded picture before its status can be posted.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// Time between two questions, where the server names none.
    pace: Duration,
    /// In all.
    bound: Duration,
}

/// One account on one server of the Mastodon family.
pub struct Mastodon {
    account: MastodonAccount,
    target: Target,
    client: Client,
    clock: SharedClock,
    patience: Patience,
    /// The server's limits, once it has told them.
    limits: OnceCell<InstanceLimits>,
    /// The server was seen to know only the first version of the upload: do not send each picture twice.
    has_old_upload: AtomicBool,
}

impl Mastodon {
    /// Posts to `account` with the platforms' client.
    pub fn new(
        account: MastodonAccount,
        client: Client,
        clock: SharedClock,
    ) -> Result<Self, MastodonAccountError> {
        let MastodonAccount { server, account: name, token, .. } = &account;
        let has_login = !server.username().is_empty() || server.password().is_some();
        if !matches!(server.scheme(), "http" | "https") || has_login {
            return Err(MastodonAccountError::Server);
        }
        if token.0.is_empty() || !token.0.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(MastodonAccountError::Token);
        }
        let id = TargetId::parse(&format!("mastodon:{name}")).map_err(|_| MastodonAccountError::Account)?;
        let target =
            Target { id, name: "Mastodon".to_owned(), account: Some(format!("@{}", account.account)) };
        let patience = Patience { pace: Duration::from_secs(1), bound: Duration::from_secs(60) };
        Ok(Self {
            account,
            target,
            client,
            clock,
            patience,
            limits: OnceCell::new(),
            has_old_upload: AtomicBool::new(false),
        })
    }

    /// The server's limits; its defaults when it does not tell now, and then it is asked again next time.
    async fn limits(&self) -> InstanceLimits {
        let asked = self.limits.get_or_try_init(async || {
            for version in ["v2", "v1"] {
                let answer =
                    send(self.request(Method::GET, &["api", version, "instance"])).await.ok().ok_or(())?;
                match answer.json() {
                    Some(instance) if answer.status.is_success() => {
                        return Ok(InstanceLimits::from_instance(&instance));
                    }
                    _ if answer.status == StatusCode::NOT_FOUND => {}
                    _ => return Err(()),
                }
            }
            Ok(InstanceLimits::default())
        });
        asked.await.copied().unwrap_or_default()
    }

    /// Uploads the picture and waits until it can be used; gives its id.
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
            return Err(self.refused(&answer));
        }
        let id = answer.json().as_ref().and_then(id_of).ok_or_else(|| PostError::Passing {
            reason: format!("{} did not answer as a Mastodon server does.", self.host()),
            detail: format!("upload answered {} without an id", answer.status),
            retry_after: None,
        })?;
        if answer.status == StatusCode::ACCEPTED {
            self.wait_for(&id, &answer).await?;
        }
        Ok(id)
    }

    async fn send_picture(&self, version: &str, post: &Post, alt: &str) -> Result<Answer, PostError> {
        let length = post.bytes.len() as u64;
        let file = Part::stream_with_length(Body::from(post.bytes.clone()), length)
            .file_name(post.file_name.clone())
            .mime_str(&post.media_type)
            .map_err(|error| PostError::Final {
                reason: "The clipping's media type cannot be sent.".to_owned(),
                detail: error.to_string(),
            })?;
        let mut form = Form::new().part("file", file);
        if !alt.is_empty() {
            form = form.text("description", alt.to_owned());
        }
        let request = self.request(Method::POST, &["api", version, "media"]).multipart(form);
        send(request).await.map_err(|silence| self.out_of_reach(&silence))
    }

    /// Asks at the server's pace until the picture is processed (206 while it is not).
    async fn wait_for(&self, id: &str, accepted: &Answer) -> Result<(), PostError> {
        let mut waited = Duration::ZERO;
        let mut pace = accepted.retry_after(self.clock.now()).unwrap_or(self.patience.pace);
        while waited + pace <= self.patience.bound {
            tokio::time::sleep(pace).await;
            // A server that asks for no pause gets one all the same: each question counts as at least a hundredth.
            waited += pace.max(self.patience.bound / 100);
            let request = self.request(Method::GET, &["api", "v1", "media", id]);
            let answer = send(request).await.map_err(|silence| self.out_of_reach(&silence))?;
            match answer.status {
                StatusCode::PARTIAL_CONTENT | StatusCode::ACCEPTED => {}
                status if status.is_success() => return Ok(()),
                _ => return Err(self.refused(&answer)),
            }
            pace = answer.retry_after(self.clock.now()).unwrap_or(self.patience.pace);
        }
        Err(PostError::Passing {
            reason: format!("{} took too long to process the picture.", self.host()),
            detail: format!("media {id} was not ready after {waited:?}"),
            retry_after: None,
        })
    }

    /// Posts the status with the uploaded picture.
    async fn send_status(&self, status: &str, media_id: &str, key: &str) -> Result<Posted, PostError> {
        let form =
            [("status", status), ("media_ids[]", media_id), ("visibility", self.account.visibility.as_str())];
        let request =
            self.request(Method::POST, &["api", "v1", "statuses"]).header("idempotency-key", key).form(&form);
        let answer = match send(request).await {
            Ok(answer) => answer,
            Err(silence @ Silence::NotReached(_)) => return Err(self.out_of_reach(&silence)),
            Err(Silence::Lost(detail)) => return Err(self.unknown(format!("status sent, then: {detail}"))),
        };
        if !answer.status.is_success() {
            return Err(self.status_refused(&answer));
        }
        match answer.json() {
            Some(status) if status.is_object() => Ok(posted_status(&status)),
            _ => Err(self.unknown(format!("status answered {} without a status", answer.status))),
        }
    }

    /// Removing was answered with "not found": by a server that has no such status, or that cannot remove any (snac 2.75).
    async fn expect_no_status(&self, id: &str) -> Result<(), PostError> {
        let request = self.request(Method::GET, &["api", "v1", "statuses", id]);
        let answer = send(request).await.map_err(|silence| self.out_of_reach(&silence))?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(()),
            status if status.is_success() => Err(PostError::Final {
                reason: format!("{} lets no program remove posts. Remove it there.", self.host()),
                detail: format!("status {id} is there, and removing it answered that it is not"),
            }),
            _ => Err(self.refused(&answer)),
        }
    }

    /// A request to the account's own server, with its token.
    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.account.server.clone();
        url.set_query(None);
        url.set_fragment(None);
        if let Ok(mut segments) = url.path_segments_mut() {
            // Each part is encoded, so that an id from the server cannot lead elsewhere.
            segments.clear().extend(path);
        }
        self.client.request(method, url).bearer_auth(&self.account.token.0)
    }

    /// What an unsuccessful answer means where nothing can have been posted.
    fn refused(&self, answer: &Answer) -> PostError {
        let host = self.host();
        let words = answer.words().map(|words| words.replace(&self.account.token.0, "***"));
        let detail =
            format!("{host} answered {}: {}", answer.status, words.as_deref().unwrap_or("nothing readable"));
        match answer.status.as_u16() {
            401 => PostError::Final {
                reason: format!("The site's account at {host} must be connected again."),
                detail,
            },
            429 => {
                let reason = format!("{host} asks for a pause before the next post.");
                PostError::Passing { reason, detail, retry_after: answer.retry_after(self.clock.now()) }
            }
            408 | 425 | 500..=599 => {
                let reason = format!("{host} has a problem at the moment ({}).", answer.status.as_u16());
                PostError::Passing { reason, detail, retry_after: answer.retry_after(self.clock.now()) }
            }
            300..=399 => {
                let reason = format!("{host} has moved; this site's settings must name its new address.");
                PostError::Final { reason, detail }
            }
            status => {
                let reason = match words {
                    Some(words) => format!("{host} refused the post: {words}"),
                    None => format!("{host} refused the post ({status})."),
                };
                PostError::Final { reason, detail }
            }
        }
    }

    /// The same for the status itself: a 5xx may come from a gateway that gave up on a server which went on and posted.
    /// Only a 503 that names a time is a plain "not now".
    fn status_refused(&self, answer: &Answer) -> PostError {
        let is_not_now = answer.status == StatusCode::SERVICE_UNAVAILABLE
            && answer.retry_after(self.clock.now()).is_some();
        if answer.status.is_server_error() && !is_not_now {
            return self.unknown(format!("status answered {}", answer.status));
        }
        self.refused(answer)
    }

    fn out_of_reach(&self, silence: &Silence) -> PostError {
        PostError::Passing {
            reason: format!("{} cannot be reached at the moment.", self.host()),
            detail: silence.detail().to_owned(),
            retry_after: None,
        }
    }

    fn unknown(&self, detail: String) -> PostError {
        let reason = did_not_say(self.host());
        PostError::Unknown { reason, detail }
    }

    /// The server as visitors know it.
    fn host(&self) -> &str {
        self.account.server.host_str().unwrap_or_default()
    }
}

#[async_trait]
impl Platform for Mastodon {
    fn target(&self) -> Target {
        self.target.clone()
    }

    fn server(&self) -> String {
        self.account.server.origin().ascii_serialization()
    }

    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        let limits = self.limits().await;
        if post.bytes.len() as u64 > limits.max_image_bytes {
            let (mib, max_mib) = (mebibytes(post.bytes.len() as u64), mebibytes(limits.max_image_bytes));
            let reason =
                format!("{} takes pictures of at most {max_mib} MiB; this one has {mib} MiB.", self.host());
            let detail = format!("{} bytes of {}", post.bytes.len(), limits.max_image_bytes);
            return Err(PostError::Final { reason, detail });
        }
        // In one line: snac 2.75 keeps only the first one and drops the rest.
        let alt = post.alt.split_whitespace().collect::<Vec<_>>().join(" ");
        self.send(post, &text::fit(&alt, limits.max_alt_chars)).await
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let limits = self.limits().await;
        let status = text::with_link(
            &text::without_mentions(&post.description),
            &post.link,
            limits.max_status_chars,
            limits.chars_per_url,
        );
        self.send_status(&status, upload, &post.idempotency_key).await
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        self.look_for(link, since).await
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let request = self.request(Method::DELETE, &["api", "v1", "statuses", post_id]);
        let answer = send(request).await.map_err(|silence| self.out_of_reach(&silence))?;
        match answer.status {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND | StatusCode::GONE => self.expect_no_status(post_id).await,
            _ => Err(self.refused(&answer)),
        }
    }

    async fn knows_repetitions_for(&self) -> Duration {
        if self.limits().await.knows_keys { KEY_REMEMBERED } else { Duration::ZERO }
    }
}

/// The id of a picture or a status: a text in Mastodon, a number in some of its family.
fn id_of(entity: &Value) -> Option<String> {
    match entity.get("id")? {
        Value::String(id) if !matches!(id.as_str(), "" | "." | "..") => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// The post that a status is.
fn posted_status(status: &Value) -> Posted {
    Posted { url: web_address(status), id: id_of(status) }
}

/// The status's public address. It becomes a link on our pages, so nothing but a web address is taken.
fn web_address(status: &Value) -> Option<String> {
    let address = ["url", "uri"].iter().find_map(|field| status.get(field)?.as_str())?;
    let url = Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// Bytes as MiB with one decimal, rounded up, so that what is too large never looks as if it fitted.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn mebibytes(bytes: u64) -> String {
    let tenths = (bytes as f64 / (1 << 20) as f64 * 10.0).ceil() / 10.0;
    format!("{tenths}")
}
