//! Queues as long as wanted, written into the record at once: copies of one share that was accepted in the usual way.

use std::time::Duration;

use crate::network::{Behaviour, Network};
use crate::place::{Kind, Place};
use crate::site::Site;
use crate::visitors;

/// Lets a site accept a share, stops it, and queues `count` more that are due now, spread over so many accounts.
pub(crate) async fn fill(place: &Place, kind: Kind, count: usize, accounts: usize) {
    let well = Network::start(Behaviour::Well(Duration::ZERO), 1, 1).await;
    let site = Site::start(place, "first", &well, "warn").await;
    visitors::share(std::slice::from_ref(&site.url), &well, 999_999..1_000_000, 1).await;
    well.has_posts(1).await;
    site.stop().await;
    if count == 0 {
        return;
    }
    let columns = place.columns("id description alt").await;
    let numbers = match kind {
        Kind::Files => {
            format!("WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})")
        }
        Kind::Servers => format!("WITH n (i) AS (SELECT * FROM generate_series(0, {count} - 1))"),
    };
    let (id, name) = (digits(kind, 16), digits(kind, 6));
    place
        .change(&[
            format!(
                "{numbers} INSERT INTO share (id, description, alt, {columns})
                 SELECT {id}, 'job-' || {name}, 'job-' || {name}, {columns} FROM n CROSS JOIN (SELECT * FROM share) AS one"
            ),
            format!(
                "{numbers} INSERT INTO delivery (share_id, target, place, state, due_at)
                 SELECT {id}, 'mastodon:a' || (i % {accounts}) || '@network.example', 0, 'queued', created_at
                 FROM n JOIN share ON share.id = {id}"
            ),
        ])
        .await;
}

/// The number of a copy with so many digits.
fn digits(kind: Kind, width: u32) -> String {
    match kind {
        Kind::Files => format!("printf('%0{width}d', i)"),
        Kind::Servers => format!("lpad(i::TEXT, {width}, '0')"),
    }
}
