//! The fetcher against real sockets: an origin that misbehaves in every way known, and traps that nobody may reach.
//!
//! Everything happens on the loopback, which the guard refuses; what a test may reach it lists by host and port, and the
//! traps' ports are opened for every host, so that only the guard stands between them and the fetcher.

mod again;
mod cache;
mod certificates;
mod crowd;
mod dns;
mod faults;
mod loopback;
mod memory;
mod names;
mod origin;
mod pages;
mod rebinding;
mod redirects;
mod sharing;
mod surroundings;
mod tls;
mod wishes;

use std::time::Duration;

use bytes::Bytes;
use cutline_engine::fetch::{FetchError, FetchSettings, FetchedPicture, Fetcher};
use cutline_engine::limits::FetchLimits;
use url::Url;

use crate::origin::Origin;

/// Settings that let exactly these origins through and ask them each time, whatever they did before.
fn settings(origins: &[&Origin]) -> FetchSettings {
    FetchSettings {
        allow: origins.iter().map(|origin| origin.host_port().parse().expect("host and port")).collect(),
        limits: FetchLimits {
            max_source_bytes: 64 << 10,
            max_page_bytes: 64 << 10,
            ..FetchLimits::default()
        },
        failures_kept: Duration::ZERO,
        unreachable_after: Duration::ZERO,
        ..FetchSettings::default()
    }
}

fn fetcher(settings: FetchSettings) -> Fetcher {
    Fetcher::new(settings).expect("a fetcher")
}

/// A fetcher that gives up soon.
fn hasty_fetcher(origin: &Origin) -> Fetcher {
    let mut settings = settings(&[origin]);
    settings.limits.connect_timeout = Duration::from_secs(1);
    settings.limits.dns_timeout = Duration::from_millis(100);
    settings.limits.total_timeout = Duration::from_secs(2);
    settings.limits.max_concurrent = 1;
    fetcher(settings)
}

/// A picture, all of it.
#[derive(Debug, PartialEq)]
struct Picture {
    url: Url,
    bytes: Bytes,
}

async fn whole(picture: FetchedPicture) -> Result<Picture, FetchError> {
    Ok(Picture { url: picture.url.clone(), bytes: picture.whole().await? })
}

async fn picture(fetcher: &Fetcher, url: &str) -> Result<Picture, FetchError> {
    whole(fetcher.picture(&Url::parse(url).expect(url)).await?).await
}
