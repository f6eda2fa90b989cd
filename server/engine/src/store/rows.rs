//! Rows of the tables, and how they become checked values again: the same for every database.
//!
//! Nothing but this program writes the tables, yet what is read is parsed: a damaged row is an error that names what is
//! wrong with it, never a panic or a wrong share. Numbers are `i64`, the one whole number that all databases have.

use cutline_model::{Credit, DeliveryState, DeliveryStep, Region, RemovalState, Size, TargetId};
use jiff::Timestamp;

use super::{
    Claim, ClippingName, DeliveryRecord, Due, Rest, Rested, ShareId, ShareRecord, StoreError, StoredClipping,
};

/// A row of `share`.
#[derive(sqlx::FromRow)]
pub(super) struct ShareRow {
    pub(super) id: String,
    created_at: i64,
    image_url: String,
    page_url: Option<String>,
    page_title: Option<String>,
    site_name: Option<String>,
    source_width: i64,
    source_height: i64,
    region_x: f64,
    region_y: f64,
    region_w: f64,
    region_h: f64,
    description: String,
    alt: String,
    credit_author: String,
    credit_licence: String,
    credit_link: String,
    clipping_hash: String,
    clipping_extension: String,
    clipping_media_type: String,
    clipping_width: i64,
    clipping_height: i64,
    clipping_bytes: i64,
}

/// A row of `delivery`.
#[derive(sqlx::FromRow)]
pub(super) struct DeliveryRow {
    pub(super) share_id: String,
    target: String,
    state: String,
    url: Option<String>,
    reason: Option<String>,
    attempts: i64,
    due_at: Option<i64>,
    upload: Option<String>,
    published_at: Option<i64>,
}

/// A delivery that is due.
#[derive(sqlx::FromRow)]
pub(super) struct ClaimRow {
    pub(super) share_id: String,
    attempts: i64,
    broken_off: i64,
    asked_at: i64,
    asked_again_at: Option<i64>,
    upload: Option<String>,
    published_at: Option<i64>,
    sent_at: Option<i64>,
    taken_at: Option<i64>,
}

/// The claim of a delivery to `target` that was due.
pub(super) fn claim(row: ClaimRow, attempt_id: i64, target: &TargetId) -> Result<Claim, StoreError> {
    let attempts = whole(row.attempts)?;
    Ok(Claim {
        attempt_id,
        share_id: share_id(&row.share_id)?,
        target: target.clone(),
        attempt: attempts.checked_add(1).ok_or_else(|| damaged(format!("attempts {attempts}")))?,
        broken_off: whole(row.broken_off)?,
        asked_at: time(row.asked_at)?,
        upload: row.upload,
        published_at: row.published_at.map(time).transpose()?,
        sent_at: row.sent_at.map(time).transpose()?,
        taken_at: row.taken_at.map(time).transpose()?,
        asked_again_at: row.asked_again_at.map(time).transpose()?,
    })
}

/// A share out of its row and those of its deliveries, in order.
pub(super) fn share_record(row: ShareRow, deliveries: Vec<DeliveryRow>) -> Result<ShareRecord, StoreError> {
    let region = Region::new(row.region_x, row.region_y, row.region_w, row.region_h)
        .map_err(|error| damaged(format!("region of share {}: {error}", row.id)))?;
    let clipping = StoredClipping {
        hash: row.clipping_hash,
        extension: row.clipping_extension,
        media_type: row.clipping_media_type,
        size: size(row.clipping_width, row.clipping_height)?,
        bytes: u64::try_from(row.clipping_bytes)
            .map_err(|_| damaged(format!("clipping_bytes of share {}", row.id)))?,
        removals: 0,
    };
    Ok(ShareRecord {
        id: share_id(&row.id)?,
        created_at: time(row.created_at)?,
        image_url: row.image_url,
        page_url: row.page_url,
        page_title: row.page_title,
        site_name: row.site_name,
        source_size: size(row.source_width, row.source_height)?,
        region,
        description: row.description,
        alt: row.alt,
        credit: Credit { author: row.credit_author, licence: row.credit_licence, link: row.credit_link },
        clipping,
        deliveries: deliveries.into_iter().map(delivery_record).collect::<Result<_, _>>()?,
    })
}

fn delivery_record(row: DeliveryRow) -> Result<DeliveryRecord, StoreError> {
    let state =
        DeliveryState::parse(&row.state).ok_or_else(|| damaged(format!("delivery state {:?}", row.state)))?;
    let step = match (row.published_at, &row.upload) {
        _ if state.is_final() => None,
        (Some(_), _) => Some(DeliveryStep::Published),
        (None, Some(_)) => Some(DeliveryStep::Uploaded),
        (None, None) => None,
    };
    Ok(DeliveryRecord {
        target: target(&row.target)?,
        state,
        step,
        url: row.url,
        reason: row.reason,
        attempts: u32::try_from(row.attempts).map_err(|_| damaged(format!("attempts {}", row.attempts)))?,
        due_at: row.due_at.map(time).transpose()?,
    })
}

/// A share's name out of a column.
pub(super) fn share_id(text: &str) -> Result<ShareId, StoreError> {
    ShareId::parse(text).map_err(|_| damaged(format!("share id {text:?}")))
}

/// A target's name out of a column.
pub(super) fn target(text: &str) -> Result<TargetId, StoreError> {
    TargetId::parse(text).map_err(|_| damaged(format!("target {text:?}")))
}

/// How far a removal is, out of a column.
pub(super) fn removal_state(text: &str) -> Result<RemovalState, StoreError> {
    RemovalState::parse(text).ok_or_else(|| damaged(format!("removal state {text:?}")))
}

/// A clipping's name out of two columns.
pub(super) fn clipping_name(hash: &str, extension: &str) -> Result<ClippingName, StoreError> {
    ClippingName::new(hash, extension).map_err(|_| damaged(format!("clipping {hash}.{extension}")))
}

/// A time out of a column of milliseconds.
pub(super) fn time(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(|_| damaged(format!("time {milliseconds}")))
}

/// What waits for each target, out of their names and the times that their turns come; by name.
pub(super) fn all_due(mut rows: Vec<(String, i64)>) -> Vec<Due> {
    rows.sort_unstable();
    let due = |(name, at): (String, i64)| Ok(Due { target: target(&name)?, at: time(at)? });
    rows.into_iter().filter_map(|row| readable(due(row))).collect()
}

/// What of a list can be read: one row that cannot must not keep all others waiting.
pub(super) fn readable<T>(row: Result<T, StoreError>) -> Option<T> {
    row.inspect_err(|error| tracing::error!(%error, "a row is passed over")).ok()
}

/// Who is left alone, out of a row of `rest`.
pub(super) fn rest(kind: &str, name: String, until: i64, failures: i64) -> Result<Rest, StoreError> {
    let of = match kind {
        "account" => Rested::Account(target(&name)?),
        "server" => Rested::Server(name),
        _ => return Err(damaged(format!("kind of rest {kind:?}"))),
    };
    Ok(Rest { of, until: time(until)?, failures: whole(failures)? })
}

fn size(width: i64, height: i64) -> Result<Size, StoreError> {
    let size = Size::new(whole(width)?, whole(height)?);
    size.ok_or_else(|| damaged(format!("size {width}x{height}")))
}

pub(super) fn whole(number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| damaged(format!("number {number}")))
}

fn damaged(what: String) -> StoreError {
    StoreError::Damaged { what }
}
