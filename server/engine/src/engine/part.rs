//! The part of a share, cut out of the best copy of its picture that can be had.
//!
//! A page often gives several addresses for one picture. Where the page was read first, they are tried from the largest
//! down. Where the picture was named by its own address, that is cut at once, while its page is on its way; a larger copy
//! which that names then takes its place. Either way the shape must be the one that the visitor saw, and the owner's No at
//! any of them ends the share.

use cutline_crop::{CropOptions, Cut};
use cutline_model::{ShareRequest, Size};
use tokio::time::Instant;
use url::Url;

use super::Engine;
use super::original::{Origin, Original, Others};
use crate::cutting::Incoming;
use crate::error::EngineError;
use crate::fetch::{PageBeside, SaidBeside};

impl Engine {
    /// The part, and where it comes from.
    pub(super) async fn cut_part(
        &self,
        request: &ShareRequest,
        original: Original,
    ) -> Result<(Cut, Origin), EngineError> {
        let Original { picture, mut origin, others, beside } = original;
        let mut cut = self.cut(request, picture).await;
        if let Some(others) = others {
            cut = self.or_of_others(request, cut, &others, &mut origin).await;
        }
        if let Some((beside, deadline)) = beside.filter(|_| !is_owners_word(&cut)) {
            cut = self.or_larger(request, cut, beside, deadline, &mut origin).await;
        }
        Ok((cut?, origin))
    }

    /// The part, or else that of the first of the `others` that gives the picture which the visitor saw; else the failure
    /// of the best one is told. What is smaller than what the visitor saw keeps the place of that, as a rule, until a script
    /// has loaded it: it is taken where nothing larger can be had.
    async fn or_of_others(
        &self,
        request: &ShareRequest,
        mut cut: Result<Cut, EngineError>,
        others: &Others,
        origin: &mut Origin,
    ) -> Result<Cut, EngineError> {
        let width = |cut: &Result<Cut, EngineError>| cut.as_ref().map_or(0, |cut| cut.source_size.width());
        let seen = request.source.natural().map_or(0, Size::width);
        for url in &others.addresses {
            let is_enough = cut.is_ok() && width(&cut) >= seen;
            if is_enough || is_owners_word(&cut) || cut.is_err() && !may_be_better_elsewhere(&cut) {
                break;
            }
            let mut of_other = origin.clone();
            let other = self.cut_other(request, url, others, &mut of_other).await;
            if is_owners_word(&other) {
                return other;
            }
            if width(&other) > width(&cut) {
                (cut, *origin) = (other, of_other);
            }
        }
        cut
    }

    /// The part, or that of a larger copy of the same picture which the page names. What the page says of the picture goes
    /// into `origin`. A page that does not come, or whose copies give nothing, takes nothing away.
    async fn or_larger(
        &self,
        request: &ShareRequest,
        cut: Result<Cut, EngineError>,
        beside: PageBeside,
        deadline: Instant,
        origin: &mut Origin,
    ) -> Result<Cut, EngineError> {
        let Some(SaidBeside { facts, larger }) = beside.said().await? else { return cut };
        origin.page_url = origin.page_url.take().map(|asked| facts.address_after(&asked));
        origin.page_title.clone_from(&facts.title);
        origin.site_name.clone_from(&facts.site_name);
        origin.page_credit.clone_from(&facts.credit);
        let larger = Others { page: facts, addresses: larger, deadline };
        if cut.is_err() && !may_be_better_elsewhere(&cut) {
            return cut;
        }
        let is_better = |size: Size| {
            cut.as_ref().map_or(true, |cut| {
                size.same_shape(cut.source_size) && size.width() > cut.source_size.width()
            })
        };
        let mut of_larger = origin.clone();
        for url in &larger.addresses {
            match self.cut_other(request, url, &larger, &mut of_larger).await {
                Ok(larger) if is_better(larger.source_size) => {
                    *origin = of_larger;
                    return Ok(larger);
                }
                word if is_owners_word(&word) => return word,
                _ => {}
            }
        }
        cut
    }

    /// The part of what another address gives, which is noted in `origin`.
    async fn cut_other(
        &self,
        request: &ShareRequest,
        url: &Url,
        others: &Others,
        origin: &mut Origin,
    ) -> Result<Cut, EngineError> {
        let picture = self.0.fetcher.other(url, &others.page, others.deadline).await?;
        origin.image_url = picture.url.to_string();
        self.cut(request, picture.into()).await
    }

    /// The part, cut out by a decoder while the picture arrives, and no more of it than is needed; of another picture than
    /// the visitor saw, none.
    async fn cut(&self, request: &ShareRequest, picture: Incoming) -> Result<Cut, EngineError> {
        let cut = self.0.cutter.crop(picture, request.region, CropOptions::default()).await?;
        match request.source.natural() {
            Some(seen) if !cut.source_size.same_shape(seen) => {
                Err(EngineError::PictureChanged { seen, found: cut.source_size })
            }
            _ => Ok(cut),
        }
    }
}

fn is_owners_word(cut: &Result<Cut, EngineError>) -> bool {
    matches!(cut, Err(EngineError::Fetch(error)) if error.is_owners_word())
}

/// Whether what went wrong lies with this address, and not with the server or the request.
fn may_be_better_elsewhere(cut: &Result<Cut, EngineError>) -> bool {
    matches!(cut, Err(EngineError::PictureChanged { .. } | EngineError::Crop(_) | EngineError::Fetch(_)))
}
