//! What can go wrong with a fetch, told twice: the message is for the visitor, `detail` is for the log.
//!
//! A refused address, a name that does not exist, a closed port, a silent one and a bad certificate share one message on
//! purpose: were they told apart, this server would scan networks for strangers.

use std::fmt;
use std::time::Duration;

use super::page::PageFacts;

/// Why a source was not fetched. Its text is safe to show and says what to do; [`FetchError::detail`] is not for showing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// An address of the request is not one that can be fetched.
    #[error("{field} {fault}")]
    NotAnAddress {
        /// The field of the request.
        field: AddressField,
        /// What is wrong with it.
        fault: AddressFault,
    },
    /// No answer: refused address, no such host, closed port, no head of an answer in time, bad certificate.
    #[error("the address cannot be reached: check that anybody on the internet can open it")]
    Unreachable {
        /// Which of them it was; only for the log.
        detail: String,
    },
    /// The origin answered, but with an error status (403 is often a ban on use by other sites; it is respected).
    #[error("{}", refusal(*.status, *.retry_after))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// When it says to come again; at most an hour.
        retry_after: Option<Duration>,
    },
    /// The answer began, but the rest of it took longer than allowed.
    #[error("the picture's server takes too long: try again later")]
    Timeout,
    /// The answer is larger than allowed; reading stopped there.
    #[error("the {what} is larger than the {} that are taken here{}", size(*.limit), .what.way_out())]
    TooLarge {
        /// Which answer it is.
        what: Kind,
        /// The cap that was passed, in bytes.
        limit: u64,
    },
    /// The answer is compressed although plain bytes were asked for; unpacking could make any amount of it.
    #[error("the picture's server sends compressed bytes although plain ones were asked for")]
    Encoded {
        /// What the origin says the encoding is; only for the log.
        detail: String,
    },
    /// One redirect more than allowed.
    #[error("the address leads to more than {limit} other addresses in a row: give the last one itself")]
    TooManyRedirects {
        /// Redirects that are followed.
        limit: usize,
    },
    /// A redirect leads to an address that is not followed.
    #[error("the address leads to another one that is not followed: {fault}")]
    BadRedirect {
        /// What is wrong with it.
        fault: RedirectFault,
    },
    /// The answer is not well-formed HTTP, or it broke off.
    #[error("the answer of the picture's server is incomplete or damaged: try again later")]
    Broken {
        /// What the HTTP client says; only for the log.
        detail: String,
    },
    /// `page_url` gives something else than a web page.
    #[error(
        "page_url gives {content_type:?}, not a web page: if it is the picture itself, give it as image_url"
    )]
    NotAPage {
        /// What the origin says it is.
        content_type: String,
    },
    /// The page was read, but the picture asked for cannot be had from it.
    #[error("{which}")]
    PictureNotFound {
        /// Which picture it was and what to do.
        which: NotFound,
    },
    /// The page says that this picture, or all of them, are not to be shared.
    #[error(
        "its owner does not want this picture to be shared (and says so by {wish}): share another one, or link to the page"
    )]
    KeptOut {
        /// The name of the attribute or `<meta>` that says so.
        wish: &'static str,
    },
    /// The owner reserves the picture, and the operator respects that.
    #[error("the owner of this picture reserves it ({wish}): share a link to its page instead")]
    Reserved {
        /// The name of the reservation.
        wish: &'static str,
        /// What is known of its page, if that was read.
        page: Option<Box<PageFacts>>,
    },
    /// Too many fetches at once, here or from this origin.
    #[error("too many pictures are being fetched at once: try again in a few seconds")]
    Busy,
    /// The fetcher cannot be set up on this machine, or with these settings.
    #[error("pictures cannot be fetched: {detail}")]
    Setup {
        /// What is missing or wrong.
        detail: String,
    },
}

impl FetchError {
    /// No head of an answer in time.
    pub(super) fn no_answer() -> Self {
        Self::Unreachable { detail: "no answer in time".to_owned() }
    }

    /// A reservation.
    pub(super) fn reserved(wish: &'static str) -> Self {
        Self::Reserved { wish, page: None }
    }

    /// The same error; a reservation of a picture on this page knows the page.
    pub(super) fn on(self, facts: &PageFacts) -> Self {
        match self {
            Self::Reserved { wish, .. } => Self::Reserved { wish, page: Some(Box::new(facts.clone())) },
            error => error,
        }
    }

    /// Whether it is the owner's No: said at one address, it counts for all of the same picture.
    #[must_use]
    pub fn is_owners_word(&self) -> bool {
        matches!(self, Self::KeptOut { .. } | Self::Reserved { .. })
    }

    /// What the log should say beside the message: not for the visitor.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Unreachable { detail }
            | Self::Encoded { detail }
            | Self::Broken { detail }
            | Self::Setup { detail } => Some(detail),
            _ => None,
        }
    }
}

/// What an answer is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A picture.
    Picture,
    /// A web page.
    Page,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Picture => "picture",
            Self::Page => "page",
        })
    }
}

/// A field of the request that holds an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressField {
    /// `source.image_url`
    ImageUrl,
    /// `source.page_url`
    PageUrl,
}

impl Kind {
    /// What to do about one that is too large: the picture of a long page has an address of its own.
    fn way_out(self) -> &'static str {
        match self {
            Self::Picture => "",
            Self::Page => "; name the picture by its own address",
        }
    }
}

impl fmt::Display for AddressField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ImageUrl => "image_url",
            Self::PageUrl => "page_url",
        })
    }
}

/// What is wrong with an address by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// It does not parse, or has no host.
    #[error("is not a web address: give one like https://example.org/picture.jpg")]
    Unreadable,
    /// It is longer than browsers and servers agree to carry.
    #[error("is longer than 8,192 bytes")]
    TooLong,
    /// It is neither http nor https.
    #[error("must begin with http:// or https://")]
    Scheme,
    /// It holds a user name or password.
    #[error("must not hold a user name or password: give an address that everybody can open")]
    UserInfo,
    /// It names a port other than the web's.
    #[error("must not name a port other than those of the web (80 and 443)")]
    Port,
    /// It is an address inside, or this site's own name. Becomes [`FetchError::Unreachable`], so that nobody can tell.
    #[error("cannot be reached")]
    Refused {
        /// Which block or name refuses it; only for the log.
        why: &'static str,
    },
}

/// What is wrong with a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectFault {
    /// It does not say where to.
    #[error("it does not say where to")]
    NoLocation,
    /// It leads from https to http, where anybody on the way may change the picture.
    #[error("it leads from https back to http")]
    Downgrade,
    /// It leads to an address that is not taken.
    #[error("it {0}")]
    Address(AddressFault),
}

/// Why the page does not give the picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// No picture of the page has this address.
    #[error(
        "none of the page's {count} pictures has the src asked for: reload the page and choose the picture again"
    )]
    Src {
        /// Pictures on the page.
        count: usize,
    },
    /// The page has fewer pictures.
    #[error(
        "the page has {count} pictures, so none at index {index}: reload the page and choose the picture again"
    )]
    Index {
        /// The place asked for, counted from 0.
        index: u32,
        /// Pictures on the page.
        count: usize,
    },
    /// The picture at this place is another one.
    #[error(
        "the picture at index {index} has another alt text than the one asked for: reload the page and choose the picture again"
    )]
    Alt {
        /// The place asked for, counted from 0.
        index: u32,
    },
    /// The picture is there, but without an address of its own.
    #[error("the picture has no address in the page's HTML (a script may set it later): give its image_url")]
    NoAddress,
    /// The picture's address cannot be fetched from outside.
    #[error("the picture's address on the page {0}")]
    Address(AddressFault),
    /// The picture exists only in the browser that made it.
    #[error("the picture exists only in your browser (blob:), so it cannot be fetched: share another one")]
    Blob,
    /// A picture inside the page (`data:`) that does not decode.
    #[error("the picture is written into the page (data:), but damaged: share another one")]
    DamagedInline,
    /// The page is made so that reading it would take for ever.
    #[error("the page is too complicated to find the picture in: give its image_url")]
    TooComplicated,
}

impl From<NotFound> for FetchError {
    fn from(which: NotFound) -> Self {
        Self::PictureNotFound { which }
    }
}

/// Who named an address: decides whose mistake it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum NamedBy {
    Request(AddressField),
    Page,
    Redirect,
}

impl AddressFault {
    pub(super) fn of(self, named_by: NamedBy) -> FetchError {
        match (self, named_by) {
            (Self::Refused { why }, _) => FetchError::Unreachable { detail: format!("refused: {why}") },
            (fault, NamedBy::Request(field)) => FetchError::NotAnAddress { field, fault },
            (fault, NamedBy::Page) => NotFound::Address(fault).into(),
            (fault, NamedBy::Redirect) => FetchError::BadRedirect { fault: RedirectFault::Address(fault) },
        }
    }
}

fn refusal(status: u16, retry_after: Option<Duration>) -> String {
    match status {
        401 | 403 => format!("the picture's server does not give it to other sites (status {status})"),
        404 | 410 => format!("there is nothing at this address any more (status {status}): check it"),
        429 | 503 => {
            let when = retry_after.map_or_else(|| "later".to_owned(), in_words);
            format!("the picture's server is busy (status {status}): try again {when}")
        }
        _ => format!("the picture's server did not give it (status {status})"),
    }
}

fn size(bytes: u64) -> String {
    let is_whole = |unit: u64| bytes >= unit && bytes.is_multiple_of(unit);
    match bytes {
        _ if is_whole(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if is_whole(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}

fn in_words(wait: Duration) -> String {
    match wait.as_secs() {
        0 | 1 => "in a second".to_owned(),
        seconds @ 2..=90 => format!("in {seconds} seconds"),
        seconds => format!("in {} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_named_with_a_size_that_people_read() {
        for (what, limit, expected) in [
            (Kind::Picture, 40 << 20, "the picture is larger than the 40 MiB that are taken here"),
            (
                Kind::Page,
                1536 << 10,
                "the page is larger than the 1536 KiB that are taken here; name the picture by its own address",
            ),
            (
                Kind::Page,
                50_000,
                "the page is larger than the 50000 bytes that are taken here; name the picture by its own address",
            ),
        ] {
            assert_eq!(FetchError::TooLarge { what, limit }.to_string(), expected);
        }
    }
}
