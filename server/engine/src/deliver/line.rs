//! The line to one account's server: where requests go, and what comes of those that do not succeed.
//!
//! A platform's own words are read before its status: a wrong token is a 400 to one and a 401 without a word to another, and
//! a picture that is too large comes back as a 500. Each connector reads its platform's bodies; what they do not say is
//! judged by status, in one place.

use std::time::Duration;

use http::StatusCode;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use url::Url;

use super::client::{Answer, Silence, send};
use super::codes;
use super::{Account, AccountError, CONNECT_AGAIN, Owner, PostError, Posted, did_not_say};
use crate::clock::SharedClock;

/// What every connector works with.
#[derive(Clone)]
pub struct Tools {
    /// The platforms' client.
    pub client: Client,
    /// Tells what a platform means by a date.
    pub clock: SharedClock,
}

/// How long is waited for the end of such a limit where the platform does not say when that is. A pause costs no attempt, so it is
/// tried for about a day, and not given up within half an hour.
const LONG_PAUSE: Duration = Duration::from_secs(3600);

/// What an answer means that is not a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Whoever looks after the site must connect the account again.
    Reconnect,
    /// The platform does not take this post; another could be taken.
    Refused,
    /// Later, at the earliest after this time.
    Wait(Option<Duration>),
    /// Later: a limit that holds for hours or a day is reached, and the platform may not say when it ends.
    WaitLong,
    /// The platform has a problem, and whoever asks again may succeed.
    Trouble,
    /// It is somewhere else now.
    Moved,
}

/// Reads a platform's own words; nothing where they do not say more than the status.
pub(super) type Reading = fn(&Answer) -> Option<Meaning>;

/// One account's server.
pub(super) struct Line {
    pub(super) account: Account,
    pub(super) tools: Tools,
    reading: Reading,
}

impl Line {
    /// The line to `account`'s server, which must be a web address and hold no login.
    pub(super) fn new(account: Account, tools: Tools, reading: Reading) -> Result<Self, AccountError> {
        let has_login = !account.server.username().is_empty() || account.server.password().is_some();
        if !matches!(account.server.scheme(), "http" | "https") || has_login {
            let expected = "the server's address alone, for example https://example.social";
            return Err(AccountError { key: "server", expected });
        }
        let token = account.token.reveal();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AccountError {
                key: "token",
                expected: "what the server shows: letters, digits and signs",
            });
        }
        (account.platform.check)(&account)?;
        Ok(Self { account, tools, reading })
    }

    /// The server as visitors know it.
    pub(super) fn host(&self) -> &str {
        self.account.server.host_str().unwrap_or_default()
    }

    /// Its origin, by which accounts on one server are told to be there.
    pub(super) fn origin(&self) -> String {
        self.account.server.origin().ascii_serialization()
    }

    pub(super) fn token(&self) -> &str {
        self.account.token.reveal()
    }

    /// An address on the server, below its own path. Each part is encoded, so that an id from the server cannot lead elsewhere.
    pub(super) fn address(&self, path: &[&str]) -> Url {
        let mut url = self.account.server.clone();
        url.set_fragment(None);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// An address to which the server sends us for one request: on itself, or by https on one of its platform's other hosts,
    /// in or below `domains`. Nothing for any other: what is posted goes nowhere else.
    pub(super) fn handed(&self, text: &str, domains: &[&str]) -> Option<Url> {
        let url = Url::parse(text).ok()?;
        let host = url.host_str()?;
        let is_in = |domain: &&str| {
            host.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        let is_theirs = url.scheme() == "https" && url.port().is_none() && domains.iter().any(is_in);
        (is_theirs || url.origin() == self.account.server.origin()).then_some(url)
    }

    /// A request without the account's token.
    pub(super) fn plain(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.tools.client.request(method, self.address(path))
    }

    /// A request with the account's token as OAuth sends it (RFC 6750).
    pub(super) fn bearing(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.plain(method, path).bearer_auth(self.token())
    }

    /// Sends what posts nothing; whatever fails can be tried again.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<Answer, PostError> {
        send(request).await.map_err(|silence| self.out_of_reach(&silence))
    }

    /// Sends what posts nothing, and takes a success only.
    pub(super) async fn get(&self, request: RequestBuilder) -> Result<Answer, PostError> {
        let answer = self.ask(request).await?;
        if self.is_success(&answer) { Ok(answer) } else { Err(self.refused(&answer)) }
    }

    /// Whether it succeeded: some say what went wrong under a status of success.
    pub(super) fn is_success(&self, answer: &Answer) -> bool {
        answer.status.is_success() && (self.reading)(answer).is_none()
    }

    /// Sends the post itself, and gives whatever is answered. Until there is an answer it may have been made.
    pub(super) async fn sent(&self, request: RequestBuilder) -> Result<Answer, PostError> {
        self.heard(send(request).await)
    }

    /// What is known of a post by what was answered.
    pub(super) fn heard(&self, answer: Result<Answer, Silence>) -> Result<Answer, PostError> {
        match answer {
            Ok(answer) => Ok(answer),
            Err(silence @ Silence::NotReached(_)) => Err(self.out_of_reach(&silence)),
            Err(Silence::Lost(detail)) => Err(self.unknown(format!("post sent, then: {detail}"))),
        }
    }

    /// Sends the post itself, and takes a success only.
    pub(super) async fn post(&self, request: RequestBuilder) -> Result<Answer, PostError> {
        let answer = self.sent(request).await?;
        self.taken(answer)
    }

    /// Takes a success only.
    pub(super) fn taken(&self, answer: Answer) -> Result<Answer, PostError> {
        if self.is_success(&answer) { Ok(answer) } else { Err(self.post_refused(&answer)) }
    }

    /// Sends a removal; what is not there any more is removed. Where the account is what is not there, the post may be.
    pub(super) async fn remove(&self, request: RequestBuilder) -> Result<(), PostError> {
        let answer = self.ask(request).await?;
        let is_gone = matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE)
            && self.meaning(&answer) != Meaning::Reconnect;
        if self.is_success(&answer) || is_gone { Ok(()) } else { Err(self.refused(&answer)) }
    }

    /// What an answer means that is no success.
    pub(super) fn meaning(&self, answer: &Answer) -> Meaning {
        (self.reading)(answer).unwrap_or(match answer.status.as_u16() {
            401 => Meaning::Reconnect,
            429 => Meaning::Wait(None),
            408 | 425 | 500..=599 => Meaning::Trouble,
            300..=399 => Meaning::Moved,
            _ => Meaning::Refused,
        })
    }

    /// What an unsuccessful answer means where nothing can have been posted.
    pub(super) fn refused(&self, answer: &Answer) -> PostError {
        let host = self.host();
        let words = answer.words_without(&self.account.token);
        let status = answer.status.as_u16();
        let detail =
            format!("{host} answered {}: {}", answer.status, words.as_deref().unwrap_or("nothing readable"));
        let asked = || answer.retry_after(self.tools.clock.now());
        match self.meaning(answer) {
            Meaning::Reconnect => {
                let mut reason = match self.account.owner {
                    Owner::Site => format!("The site's account at {host} must be connected again."),
                    Owner::Visitor => CONNECT_AGAIN.to_owned(),
                };
                // The token is one, and not enough: without the server's words nobody knows what to change.
                if answer.status == StatusCode::FORBIDDEN
                    && let Some(words) = words
                {
                    reason = format!("{reason} {host} says: {words}");
                }
                PostError::Final { reason, detail }
            }
            meaning @ (Meaning::Wait(_) | Meaning::WaitLong) => PostError::Passing {
                reason: format!("{host} asks for a pause before the next post."),
                detail,
                retry_after: match meaning {
                    Meaning::Wait(wait) => wait.or_else(asked),
                    _ => asked().or(Some(LONG_PAUSE)),
                },
            },
            Meaning::Trouble => PostError::Passing {
                reason: format!("{host} has a problem at the moment ({status})."),
                detail,
                retry_after: asked(),
            },
            Meaning::Moved => PostError::Final {
                reason: format!("{host} has moved; this site's settings must name its new address."),
                detail,
            },
            Meaning::Refused => {
                let reason = match (words.as_deref().and_then(codes::meaning), words) {
                    (Some(meaning), Some(code)) => format!("{host} refused the post ({code}). {meaning}"),
                    (None, Some(words)) => format!("{host} refused the post: {words}"),
                    (_, None) => format!("{host} refused the post ({status})."),
                };
                PostError::Final { reason, detail }
            }
        }
    }

    /// The same for the post itself: a 5xx may come from a gateway that gave up on a server which went on and posted.
    /// Only a 503 that names a time is a plain "not now". Trouble under a status of success leaves the same doubt, and so does
    /// trouble that the body tells, whatever the status.
    pub(super) fn post_refused(&self, answer: &Answer) -> PostError {
        let is_not_now = answer.status == StatusCode::SERVICE_UNAVAILABLE
            && answer.retry_after(self.tools.clock.now()).is_some();
        let is_told = (self.reading)(answer) == Some(Meaning::Trouble);
        let may_be_there = is_told || answer.status.is_server_error() || answer.status.is_success();
        if self.meaning(answer) == Meaning::Trouble && may_be_there && !is_not_now {
            return self.unknown(format!("post answered {}", answer.status));
        }
        self.refused(answer)
    }

    pub(super) fn out_of_reach(&self, silence: &Silence) -> PostError {
        PostError::Passing {
            reason: format!("{} cannot be reached at the moment.", self.host()),
            detail: silence.detail().to_owned(),
            retry_after: None,
        }
    }

    /// The server took the post, or may have, and did not say so in a way that can be understood.
    pub(super) fn unknown(&self, detail: String) -> PostError {
        PostError::Unknown { reason: did_not_say(self.host()), detail }
    }

    /// The server said that it took the post, and not as which.
    pub(super) fn taken_unnamed(&self, detail: String) -> PostError {
        PostError::Taken { reason: did_not_say(self.host()), detail }
    }

    /// An upload was taken, and the answer does not hold what it is called.
    pub(super) fn unclear(&self, answer: &Answer) -> PostError {
        PostError::Passing {
            reason: format!(
                "{} did not answer as a {} server does.",
                self.host(),
                self.account.platform.title
            ),
            detail: format!("answered {} without what it is called", answer.status),
            retry_after: None,
        }
    }

    /// Reads the answer to a post that was taken; unknown when it cannot be read.
    pub(super) fn posted(
        &self,
        answer: &Answer,
        read: impl FnOnce(&Value) -> Option<Posted>,
    ) -> Result<Posted, PostError> {
        let json = answer.json().filter(Value::is_object);
        json.as_ref()
            .and_then(read)
            .ok_or_else(|| self.unknown(format!("answered {} without a post", answer.status)))
    }
}

/// The id of something at a server: a text to some, a number to others.
pub(super) fn id_of(value: &Value) -> Option<String> {
    match value {
        Value::String(id) if !matches!(id.as_str(), "" | "." | "..") => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// An address that a server gave. It becomes a link on our pages, so nothing but a web address is taken.
pub(super) fn web_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// Whether a post of ours is this one: every one holds the address of its share page, and no two the same.
pub(super) fn holds_link(text: &str, link: &str) -> bool {
    text.match_indices(link).any(|(at, _)| {
        let next = text[at + link.len()..].chars().next();
        !next.is_some_and(|next| next.is_ascii_alphanumeric() || next == '-' || next == '_')
    })
}
