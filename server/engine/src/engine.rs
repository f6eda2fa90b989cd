//! One share from end to end, and everything else that may be asked of the engine.
//!
//! `share` names its steps in order; each step is a module. Until the record is committed nothing is kept; from then
//! on the share is accepted, and its deliveries reach an end whatever happens.

mod attribution;
mod awaited;
mod deletion;
mod following;
mod original;
mod page_address;
mod part;
mod renditions;
mod stopwatch;
mod visitors;

use std::sync::Arc;
use std::time::Duration;

use cutline_model::{
    AcceptanceStep, Clipping, Credit, Delivery, DeliveryState, ShareReceipt, ShareRequest, Target, TargetId,
};
use sha2::{Digest, Sha256};
use url::Url;

use crate::accounts::Accounts;
use crate::clock::SharedClock;
use crate::crash::{self, Step};
use crate::crop::Cut;
use crate::cutting::{Cutter, Incoming};
use crate::deliver::{Platforms, is_to_connect_again, translated};
use crate::error::EngineError;
use crate::fetch::Fetcher;
use crate::galleries::{Galleries, StoredPicture};
use crate::limits::RequestLimits;
use crate::links::LinkKeys;
use crate::store::{
    Again, BoardCursor, ClippingName, Clippings, Idempotency, Inserted, NewDelivery, NewShare, ShareId,
    ShareRecord, SharedRandom, Store, StoreError, StoredClipping,
};

use self::awaited::AwaitedRequests;
pub use self::awaited::Awaiting;
pub use self::following::{Following, Told};
use self::original::Origin;
pub use self::original::OwnPicture;
pub use self::renditions::{HostedPicture, Renditions};
use self::stopwatch::Stopwatch;

/// How often a share is committed anew while its clipping is being removed, and the waits between: 5 s in all.
const ACCEPT_TRIES: u32 = 50;
const ACCEPT_PACE: Duration = Duration::from_millis(100);
/// Longest idempotency key taken, in bytes.
const MAX_KEY_BYTES: usize = 255;

/// The parts an engine is made of.
pub struct EngineParts {
    /// The record.
    pub store: Arc<dyn Store>,
    /// The clippings' bytes.
    pub clippings: Clippings,
    /// Gets pictures and pages from elsewhere.
    pub fetcher: Fetcher,
    /// Decodes what comes from outside, off the async threads and within bounds.
    pub cutter: Cutter,
    /// The site's own pictures.
    pub galleries: Galleries,
    /// Where clippings can be posted.
    pub platforms: Platforms,
    /// The accounts of visitors, on a site that has them.
    pub accounts: Option<Accounts>,
    /// Makes and recognises the keys in links.
    pub link_keys: LinkKeys,
    /// Tells the time.
    pub clock: SharedClock,
    /// Makes share ids.
    pub random: SharedRandom,
    /// Caps on requests.
    pub request_limits: RequestLimits,
    /// How renditions of the site's own pictures are made.
    pub renditions: Renditions,
    /// The site's address, from which every address that leaves here is made.
    pub public_url: Url,
}

/// Fetch, crop, store and deliver together. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<EngineParts>, AwaitedRequests);

/// One page of the board, newest first.
#[derive(Clone, Debug)]
pub struct BoardPage {
    /// Its shares.
    pub shares: Vec<ShareRecord>,
    /// Where the next page begins; none on the last.
    pub older: Option<BoardCursor>,
}

impl Engine {
    /// An engine of these parts.
    #[must_use]
    pub fn new(parts: EngineParts) -> Self {
        Self(Arc::new(parts), AwaitedRequests::default())
    }

    /// Takes one share from request to receipt; `key` makes sending it again give the same answer.
    pub async fn share(
        &self,
        request: ShareRequest,
        key: Option<String>,
    ) -> Result<ShareReceipt, EngineError> {
        self.share_to(&[], request, key).await
    }

    /// The same, from whom `own` are the accounts.
    async fn share_to(
        &self,
        own: &[TargetId],
        request: ShareRequest,
        key: Option<String>,
    ) -> Result<ShareReceipt, EngineError> {
        let mut watch = Stopwatch::start();
        let idempotency = key.map(|key| idempotency(key, &request)).transpose()?;
        // Before anything is checked: what was accepted stays so, whatever the site takes by now.
        if let Some(id) = self.accepted_before(idempotency.as_ref()).await? {
            return self.makers_receipt(&id).await;
        }
        self.check(&request, own)?;
        let known_ms = watch.lap();
        let awaited = self.1.begin(idempotency.as_ref().map(|request| request.key.as_str()));
        let reserved = |error| attribution::attributed(error, &request.source);
        let original = self.fetch(&request.source).await.map_err(reserved)?;
        crash::at(Step::Fetched);
        awaited.comes_to(AcceptanceStep::Cutting);
        let fetch_ms = watch.lap();
        let (cut, origin) = self.cut_part(&request, original).await.map_err(reserved)?;
        crash::at(Step::Cut);
        let cut_ms = watch.lap();
        let clipping = self.keep(&cut).await?;
        crash::at(Step::Stored);
        let store_ms = watch.lap();
        let share = self.record(request, origin, &cut, clipping);
        let accepted = self.accept(share, &cut, idempotency.as_ref()).await?;
        crash::at(Step::Accepted);
        let commit_ms = watch.lap();
        let share = match accepted {
            // Whatever happens from here on, it is accepted: nothing is read that could fail.
            Accepted::Now(share) => share,
            Accepted::Before(id) => return self.makers_receipt(&id).await,
        };
        tracing::debug!(share = %share.id, known_ms, fetch_ms, cut_ms, store_ms, commit_ms, "accepted");
        Ok(self.with_delete_url(&share.id, self.receipt_of(&share)))
    }

    /// The receipt for whoever made the share, who alone can delete it.
    async fn makers_receipt(&self, id: &ShareId) -> Result<ShareReceipt, EngineError> {
        Ok(self.with_delete_url(id, self.receipt(id.as_str()).await?))
    }

    fn with_delete_url(&self, id: &ShareId, receipt: ShareReceipt) -> ShareReceipt {
        ShareReceipt { delete_url: Some(self.delete_url(id)), ..receipt }
    }

    /// A key that no request was sent under before.
    #[must_use]
    pub fn fresh_key(&self) -> String {
        ShareId::generate(self.0.random.as_ref()).to_string()
    }

    /// How a share stands now.
    pub async fn receipt(&self, id: &str) -> Result<ShareReceipt, EngineError> {
        let share = self.record_of(id).await?;
        Ok(self.receipt_of(&share))
    }

    /// Queues what failed once more, for anybody; what may have been posted already for its maker alone, who has the key of its
    /// delete link and was told to look there first. With a target only what goes there.
    pub async fn retry(
        &self,
        id: &str,
        key: Option<&str>,
        target: Option<&TargetId>,
    ) -> Result<ShareReceipt, EngineError> {
        let id = match key {
            Some(key) => self.as_maker(id, key)?,
            None => ShareId::parse(id).map_err(|_| EngineError::NotFound)?,
        };
        let what = Again { unknown_too: key.is_some(), target };
        let again = self.0.store.retry(&id, what, self.0.clock.now()).await?;
        let receipt = self.receipt(id.as_str()).await?;
        let mut wanted = receipt
            .deliveries
            .iter()
            .filter(|delivery| target.is_none_or(|target| delivery.target == *target))
            .peekable();
        if let (None, Some(target)) = (wanted.peek(), target) {
            let id = &receipt.id;
            let message = format!("Share {id} was not sent to {target}. Its `deliveries` say where it was.");
            return Err(EngineError::field("target", message));
        }
        let is_in_doubt = wanted.any(|delivery| delivery.state == DeliveryState::Unknown);
        if again == 0 && is_in_doubt { Err(EngineError::MakersAlone) } else { Ok(receipt) }
    }

    /// The record of a share.
    pub async fn record_of(&self, id: &str) -> Result<ShareRecord, EngineError> {
        let id = ShareId::parse(id).map_err(|_| EngineError::NotFound)?;
        if let Some(share) = self.0.store.share(&id).await? {
            return Ok(share);
        }
        Err(if self.0.store.is_deleted(&id).await? { EngineError::Deleted } else { EngineError::NotFound })
    }

    /// A record as it travels.
    #[must_use]
    pub fn receipt_of(&self, share: &ShareRecord) -> ShareReceipt {
        let StoredClipping { hash, extension, media_type, size, bytes, .. } = &share.clipping;
        let delivery = |delivery: &crate::store::DeliveryRecord| Delivery {
            target: delivery.target.clone(),
            state: delivery.state,
            url: delivery.url.clone(),
            reason: delivery.reason.clone(),
            reason_in: delivery.reason.as_deref().and_then(translated),
            step: delivery.step,
            // Its first turn comes at once: that is no wait.
            due_at: delivery.due_at.filter(|at| *at > share.created_at).map(|at| at.to_string()),
            connect_again: delivery.state.can_be_retried(true)
                && delivery.reason.as_deref().is_some_and(is_to_connect_again),
        };
        ShareReceipt {
            id: share.id.to_string(),
            url: self.address(&format!("s/{}", share.id)),
            clipping: Clipping {
                url: self.address(&format!("clippings/{hash}.{extension}")),
                width: size.width(),
                height: size.height(),
                media_type: media_type.clone(),
                bytes: *bytes,
            },
            deliveries: share.deliveries.iter().map(delivery).collect(),
            delete_url: None,
        }
    }

    /// One page of the board; the newest without `before`.
    pub async fn board(&self, before: Option<&BoardCursor>, count: u32) -> Result<BoardPage, EngineError> {
        // One more than is shown tells whether there is another page.
        let mut shares = self.0.store.board(before, count.saturating_add(1)).await?;
        let more = shares.len() > count as usize;
        shares.truncate(count as usize);
        let older = if more { shares.last().map(BoardCursor::after) } else { None };
        Ok(BoardPage { shares, older })
    }

    /// Whether the record answers: read by its smallest index, since it is asked every few seconds.
    pub async fn ready(&self) -> Result<(), EngineError> {
        self.0.store.next_due().await?;
        Ok(())
    }

    /// The bytes of a clipping and their media type.
    pub async fn clipping(&self, name: &ClippingName) -> Result<StoredPicture, EngineError> {
        let bytes = self.0.clippings.get(name).await?.ok_or(EngineError::NotFound)?;
        Ok(StoredPicture { bytes, media_type: name.media_type() })
    }

    /// The site's own pictures.
    #[must_use]
    pub fn galleries(&self) -> &Galleries {
        &self.0.galleries
    }

    /// Where a visitor can share to, the board first.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        self.0.platforms.targets()
    }

    /// Fetches each picture of the galleries that lies elsewhere once, to learn its size.
    pub async fn learn_sizes(&self) {
        let fetch = |url: Url| async move { self.0.fetcher.picture(&url).await.map(Incoming::from) };
        self.0.galleries.learn_sizes(fetch).await;
    }

    /// An address of this site.
    fn address(&self, path: &str) -> String {
        let site = self.0.public_url.as_str();
        format!("{}/{path}", site.trim_end_matches('/'))
    }

    fn check(&self, request: &ShareRequest, own: &[TargetId]) -> Result<(), EngineError> {
        let RequestLimits { max_description_chars, max_alt_chars, max_targets } = self.0.request_limits;
        for (field, text, max) in [
            ("description", &request.description, max_description_chars),
            ("alt", &request.alt, max_alt_chars),
        ] {
            let length = text.chars().count();
            if length > max {
                return Err(EngineError::field(
                    field,
                    format!("It has {length} characters; at most {max} fit. Shorten it."),
                ));
            }
        }
        if request.targets.is_empty() {
            return Err(EngineError::field("targets", "Name at least one target."));
        }
        if request.targets.len() > max_targets {
            return Err(EngineError::field(
                "targets",
                format!("At most {max_targets} targets fit in one share."),
            ));
        }
        for (index, target) in request.targets.iter().enumerate() {
            let field = format!("targets[{index}]");
            if request.targets[..index].contains(target) {
                return Err(EngineError::field(field, format!("{target} is named twice.")));
            }
            // Somebody else's account is as unknown as one that is not there.
            if self.0.platforms.get(target).is_none() && !own.contains(target) {
                return Err(EngineError::UnknownTarget { field, target: target.clone() });
            }
        }
        Ok(())
    }

    async fn accepted_before(
        &self,
        idempotency: Option<&Idempotency>,
    ) -> Result<Option<ShareId>, EngineError> {
        let Some(idempotency) = idempotency else { return Ok(None) };
        match self.0.store.by_key(idempotency, self.0.clock.now()).await? {
            None | Some(Inserted::Created) => Ok(None),
            Some(Inserted::Existing(id)) => Ok(Some(id)),
            Some(Inserted::Deleted) => Err(EngineError::DeletedBefore),
            Some(Inserted::Conflict) => Err(EngineError::IdempotencyConflict),
        }
    }

    /// Makes the clipping durable: from here on it can be found by its content.
    async fn keep(&self, cut: &Cut) -> Result<StoredClipping, EngineError> {
        let bytes = bytes::Bytes::copy_from_slice(&cut.bytes);
        let (name, clipping) = Clippings::named(bytes.clone(), cut.format.extension(), cut.size).await?;
        // Asked before it is stored: what is removed from then on is found out by the commit.
        let removals = self.0.store.clipping_removals(&name).await?;
        self.0.clippings.write(&name, bytes).await?;
        Ok(StoredClipping { removals, ..clipping })
    }

    fn record(&self, request: ShareRequest, origin: Origin, cut: &Cut, clipping: StoredClipping) -> NewShare {
        let id = ShareId::generate(self.0.random.as_ref());
        let now = self.0.clock.now();
        let deliveries = request.targets.into_iter().map(|target| self.new_delivery(&id, target)).collect();
        NewShare {
            deliveries,
            id,
            created_at: now,
            image_url: origin.image_url,
            page_url: origin.page_url.as_deref().map(page_address::published),
            page_title: origin.page_title,
            site_name: origin.site_name,
            source_size: cut.source_size,
            region: request.region,
            description: request.description,
            alt: request.alt,
            // What this site says of its pictures counts before what their files say; and the file, which its maker wrote,
            // before the page it was found on.
            credit: [&origin.credit, &cut.credit, &origin.page_credit]
                .into_iter()
                .find(|credit| **credit != Credit::default())
                .cloned()
                .unwrap_or_default(),
            clipping,
        }
    }

    /// A share on the board is posted by being recorded; every other target has a way to go.
    fn new_delivery(&self, id: &ShareId, target: TargetId) -> NewDelivery {
        let first_state =
            self.0.platforms.get(&target).map_or(DeliveryState::Queued, |platform| platform.first_state());
        let url = (first_state == DeliveryState::Posted).then(|| self.address(&format!("s/{id}")));
        NewDelivery { target, state: first_state, url }
    }

    /// Commits the share: from here on it is accepted. If the last other share with an equal clipping is deleted at this moment,
    /// that is waited for, and the clipping is stored again.
    async fn accept(
        &self,
        mut share: NewShare,
        cut: &Cut,
        idempotency: Option<&Idempotency>,
    ) -> Result<Accepted, EngineError> {
        for _ in 0..ACCEPT_TRIES {
            return match self.0.store.insert(&share, idempotency).await {
                Ok(Inserted::Created) => Ok(Accepted::Now(Box::new(share.into_record()))),
                // Another request with the same key was quicker.
                Ok(Inserted::Existing(id)) => Ok(Accepted::Before(id)),
                Ok(Inserted::Deleted) => Err(EngineError::DeletedBefore),
                Ok(Inserted::Conflict) => Err(EngineError::IdempotencyConflict),
                Err(StoreError::ClippingHeld) => {
                    tokio::time::sleep(ACCEPT_PACE).await;
                    continue;
                }
                Err(StoreError::ClippingRemoved) => {
                    share.clipping = self.keep(cut).await?;
                    continue;
                }
                Err(error) => Err(error.into()),
            };
        }
        Err(StoreError::ClippingHeld.into())
    }
}

/// What became of a share that was to be accepted.
enum Accepted {
    /// It is in the record now, like this.
    Now(Box<ShareRecord>),
    /// The same request was accepted before, as this share.
    Before(ShareId),
}

/// The key of a request and what it was used for.
fn idempotency(key: String, request: &ShareRequest) -> Result<Idempotency, EngineError> {
    if key.is_empty() || key.len() > MAX_KEY_BYTES || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(EngineError::field(
            "Idempotency-Key",
            format!("A key is 1 to {MAX_KEY_BYTES} visible ASCII characters."),
        ));
    }
    let request = serde_json::to_vec(request).expect("a share request is plain data");
    let request_hash = Sha256::digest(request).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Idempotency { key, request_hash })
}
