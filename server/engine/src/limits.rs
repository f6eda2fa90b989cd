//! Caps on everything that comes from outside, one struct per concern, unit in the name.

use std::time::Duration;

pub use cutline_crop::CropLimits;

/// What a share request may hold.
#[derive(Clone, Copy, Debug)]
pub struct RequestLimits {
    /// Longest description, in characters; 5,000.
    pub max_description_chars: usize,
    /// Longest alt text, in characters; 1,500, what Mastodon takes.
    pub max_alt_chars: usize,
    /// Most targets in one share; 10.
    pub max_targets: usize,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self { max_description_chars: 5_000, max_alt_chars: 1_500, max_targets: 10 }
    }
}

/// What a fetch may cost.
#[derive(Clone, Copy, Debug)]
pub struct FetchLimits {
    /// Largest picture, in bytes; 40 MiB.
    pub max_source_bytes: u64,
    /// Largest page, in bytes; 2 MiB.
    pub max_page_bytes: u64,
    /// Most pictures looked at on one page; 5,000.
    pub max_page_pictures: usize,
    /// Most redirects followed; 5.
    pub max_redirects: usize,
    /// Longest name resolution; 3 s.
    pub dns_timeout: Duration,
    /// Longest wait for a connection to one address, and once more for TLS on it; 5 s.
    pub connect_timeout: Duration,
    /// Longest wait for the head of one answer, from the request to the end of the head; 10 s.
    pub head_timeout: Duration,
    /// Longest whole fetch, redirects included; 15 s. While whoever takes the body holds the origin back, it stands still.
    pub total_timeout: Duration,
    /// Longest wait for the page that a picture is said to stand on, which was named by its own address; 5 s.
    pub beside_timeout: Duration,
    /// Longest time that an origin may send next to nothing of a body (less than 1 KiB a second); 5 s.
    pub stall_timeout: Duration,
    /// Most fetches at once; 1,024.
    pub max_concurrent: usize,
    /// Most fetches at once from one host; 4.
    pub max_concurrent_per_host: usize,
    /// Most fetched bytes in memory at once, in all: those that arrive, that wait for a decoder and that come from the
    /// cache; 1 GiB.
    pub max_concurrent_bytes: u64,
    /// Most fetches waiting for their turn before new ones are turned away; 256, and as many again where the host is busy.
    pub max_waiting: usize,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            max_source_bytes: 40 << 20,
            max_page_bytes: 2 << 20,
            max_page_pictures: 5_000,
            max_redirects: 5,
            dns_timeout: Duration::from_secs(3),
            connect_timeout: Duration::from_secs(5),
            head_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(15),
            beside_timeout: Duration::from_secs(5),
            stall_timeout: Duration::from_secs(5),
            max_concurrent: 1_024,
            max_concurrent_per_host: 4,
            max_concurrent_bytes: 1 << 30,
            max_waiting: 256,
        }
    }
}

/// How large a rendition of one of the site's pictures may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenditionLimits {
    /// Longest side, in pixels; 16,383, the longest that WebP holds.
    pub max_side: u32,
    /// Most pixels; 25 million.
    pub max_pixels: u64,
}

impl Default for RenditionLimits {
    fn default() -> Self {
        Self { max_side: 16_383, max_pixels: 25_000_000 }
    }
}

/// How much picture work runs at once.
#[derive(Clone, Copy, Debug)]
pub struct PermitLimits {
    /// Most crops at once; 2.
    pub max_concurrent: usize,
    /// Most crops waiting for their turn before new ones are turned away; 1,024: a crowd at one picture is answered. What
    /// waits with pictures of its own is bounded by [`FetchLimits::max_concurrent_bytes`] before.
    pub max_waiting: usize,
}

impl Default for PermitLimits {
    fn default() -> Self {
        Self { max_concurrent: 2, max_waiting: 1_024 }
    }
}
