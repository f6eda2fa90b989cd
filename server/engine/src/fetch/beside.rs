//! The page that a picture is said to stand on, read beside it: the picture was named by its own address, but its page may
//! keep it out or reserve it, knows whose it is, and often has a larger copy of it.
//!
//! It is a courtesy to both sides and nothing to wait for: a page that cannot be read, or does not come in time, says
//! nothing; when it is we who have no time for it, that is told, and no wish of its owner passed by. What it says of this
//! picture is believed where the picture is found in it, or is of the same site.

use std::sync::Arc;

use cutline_model::Source;
use tokio::task::JoinSet;
use url::Url;

use super::error::{AddressFault, FetchError};
use super::flights::Reader;
use super::page::{Page, PageFacts};
use super::{Fetcher, choose};

/// What a page says of a picture, on its way. Dropping it ends the fetch, unless others wait for the same page.
#[derive(Debug)]
pub struct PageBeside(JoinSet<Result<Option<SaidBeside>, FetchError>>);

/// What the page says of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidBeside {
    /// Title, name of the site, and whose the picture is.
    pub facts: PageFacts,
    /// Addresses that the page gives for larger copies of the same picture, best first; none where the picture's own
    /// address is the best.
    pub larger: Vec<Url>,
}

/// Whether an error of the page ends the share: its owner's word, our own shortage, which is no silence of the page's, and
/// an address that must not be published.
pub(super) fn is_told(error: &FetchError) -> bool {
    let is_secret = matches!(error, FetchError::NotAnAddress { fault: AddressFault::UserInfo, .. });
    error.is_owners_word() || *error == FetchError::Busy || is_secret
}

impl PageBeside {
    /// What the page that `reader` waits for says of `picture`, which `source` names. It is taken out of the page as soon
    /// as that is there: the share may have to wait long for a decoder, and pages are large.
    pub(super) fn new(
        fetcher: &Fetcher,
        mut reader: Reader<Arc<Page>>,
        picture: Url,
        source: Source,
    ) -> Self {
        let respects_reservations = fetcher.respects_reservations;
        let mut task = JoinSet::new();
        task.spawn(async move {
            let page = match reader.head().await {
                Ok(page) => page,
                Err(error) if is_told(&error) => return Err(error),
                Err(_) => return Ok(None),
            };
            let (facts, larger) = choose::beside(&page, &picture, &source)?;
            if let Some(wish) = page.reserved.filter(|_| respects_reservations) {
                return Err(FetchError::reserved(wish).on(&facts));
            }
            Ok(Some(SaidBeside { facts, larger }))
        });
        Self(task)
    }

    /// What the page says, once it is there; nothing if it cannot be read. Errors: [`FetchError::KeptOut`] and
    /// [`FetchError::Reserved`], its owner's word; [`FetchError::Busy`] where nobody here had time to read it.
    pub async fn said(mut self) -> Result<Option<SaidBeside>, FetchError> {
        self.0.join_next().await.and_then(Result::ok).unwrap_or(Ok(None))
    }
}
