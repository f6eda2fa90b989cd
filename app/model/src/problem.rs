//! The one error that a browser or an API client ever sees: closed, serialisable, safe to show.
//!
//! RFC 9457 `application/problem+json` with a stable `code`. Its HTTP status says whose fault it was: the request's
//! (4xx), the origin's (502, 504), ours (500, 503). What is only for us goes to the log instead.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An error as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    /// Says what kind of problem it is; stable, for programs.
    pub code: ProblemCode,
    /// The kind in a few words; the same for every problem of this code.
    pub title: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// What happened and what to do about it, for the visitor.
    pub detail: String,
    /// The part of the request that is wrong, for example `region.w`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// When to try again, in seconds, if somebody said so; the header `Retry-After` says the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// What can be shared in place of a picture that its owner reserves: a link to it, with its credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Box<Attribution>>,
}

/// Where a picture is, and whose: what may be passed on where the picture may not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// The address of its page, or else its own.
    pub url: String,
    /// Title, site, author and licence, as far as they are known, and the address: one line, to be pasted anywhere.
    pub text: String,
}

/// What kinds of problem there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// The body is not what this address takes.
    Malformed,
    /// One field of the request is wrong; `field` names it.
    InvalidField,
    /// A part of the address is not what may stand there; `field` names it.
    InvalidParameter,
    /// The site has no such target; `field` names its place.
    UnknownTarget,
    /// The idempotency key was used for another request.
    IdempotencyConflict,
    /// The request's body is too long.
    TooLarge,
    /// Another site tried to change something here.
    CrossSite,
    /// There is nothing at this address.
    NotFound,
    /// What was here was deleted by the one who made it.
    Gone,
    /// The link is not the one that its maker got.
    WrongKey,
    /// The page has no picture like the one asked for.
    PictureNotFound,
    /// The picture is not the one the visitor saw.
    PictureChanged,
    /// The picture's bytes are not a picture that can be cut.
    PictureUnsupported,
    /// The picture is too large, in bytes or pixels.
    PictureTooLarge,
    /// The owner of the picture or its page does not want it shared; asking again changes nothing.
    KeptOut,
    /// Its owner reserves the picture (`noimageindex`, TDM reservation): `attribution` is what can be shared of it.
    Reserved,
    /// The picture or page could not be reached.
    OriginUnreachable,
    /// The picture's or page's server answered, but not with it.
    OriginRefused,
    /// The picture's or page's server took too long.
    OriginTimeout,
    /// Too often from one site or one visitor; try again when `retry_after` says.
    TooMany,
    /// Too much at once; try again a little later.
    Busy,
    /// Our fault.
    Internal,
}

impl ProblemCode {
    /// HTTP status and title of this kind: the one place where they are decided.
    #[must_use]
    pub fn status_and_title(self) -> (u16, &'static str) {
        match self {
            Self::Malformed => (400, "The request cannot be read"),
            Self::InvalidField => (422, "A field of the request is wrong"),
            Self::InvalidParameter => (400, "A part of the address is wrong"),
            Self::UnknownTarget => (422, "This site has no such target"),
            Self::IdempotencyConflict => (422, "The idempotency key was used for another request"),
            Self::TooLarge => (413, "The request is too large"),
            Self::CrossSite => (403, "The request came from another site"),
            Self::NotFound => (404, "Nothing is here"),
            Self::Gone => (410, "This share was deleted"),
            Self::WrongKey => (403, "The link does not fit"),
            Self::PictureNotFound => (422, "The page has no such picture"),
            Self::PictureChanged => (409, "The picture has changed"),
            Self::PictureUnsupported => (422, "This is not a picture that can be cut"),
            Self::PictureTooLarge => (422, "The picture is too large"),
            // Not 451, which RFC 7725 has for demands of the law: this is a wish.
            Self::KeptOut => (403, "The picture's owner does not want it shared"),
            Self::Reserved => (403, "The picture's owner reserves it"),
            Self::OriginUnreachable => (502, "The picture cannot be reached"),
            Self::OriginRefused => (502, "The picture's server did not give it"),
            Self::OriginTimeout => (504, "The picture's server took too long"),
            Self::TooMany => (429, "Too many shares"),
            Self::Busy => (503, "Too much at once"),
            Self::Internal => (500, "Something went wrong here"),
        }
    }
}

impl Problem {
    /// A problem of kind `code`; `detail` says what happened and what to do about it.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        let (status, title) = code.status_and_title();
        Self {
            code,
            title: title.to_owned(),
            status,
            detail: detail.into(),
            field: None,
            retry_after: None,
            attribution: None,
        }
    }

    /// The same problem, naming the part of the request that is wrong.
    #[must_use]
    pub fn in_field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The same problem, saying when to try again.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait.as_secs()), ..self }
    }
}
