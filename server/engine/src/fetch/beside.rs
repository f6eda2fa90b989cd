//! The page that a picture is said to stand on, read beside it: the picture was named by its own address, but its page may
//! keep it out or reserve it, knows whose it is, and often has a larger copy of it.
//!
//! It is a courtesy to both sides and nothing to wait for: a page that cannot be read, or does not come in time, says
//! nothing. What it says is believed of this picture only where the picture is found in it.

use std::sync::Arc;

use cutline_model::Source;
use tokio::task::JoinSet;
use url::Url;

use super::choose;
use super::error::FetchError;
use super::flights::Reader;
use super::page::{Page, PageFacts};

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

impl PageBeside {
    /// What the page that `reader` waits for says of `picture`, which `source` names. It is taken out of the page as soon
    /// as that is there: the share may have to wait long for a decoder, and pages are large.
    pub(super) fn new(
        mut reader: Reader<Arc<Page>>,
        picture: Url,
        source: Source,
        respects_reservations: bool,
    ) -> Self {
        let mut task = JoinSet::new();
        task.spawn(async move {
            let page = match reader.head().await {
                Ok(page) => page,
                Err(error) if error.is_owners_word() => return Err(error),
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
    /// [`FetchError::Reserved`], its owner's word.
    pub async fn said(mut self) -> Result<Option<SaidBeside>, FetchError> {
        self.0.join_next().await.and_then(Result::ok).unwrap_or(Ok(None))
    }
}
