//! Every limit of the engine under one name each, within bounds that cannot break the program.
//!
//! The literals below name every field of the engine's structs, so a new limit there does not compile until it has
//! a key here.

use std::ops::RangeInclusive;
use std::time::Duration;

use cutline_engine::limits::{CropLimits, FetchLimits, PermitLimits, RenditionLimits, RequestLimits};

use super::section::Section;
use super::units;

const SOURCE_BYTES: RangeInclusive<u64> = 1..=4 << 30;
const PAGE_BYTES: RangeInclusive<u64> = 1..=64 << 20;
const CONCURRENT_BYTES: RangeInclusive<u64> = 1 << 20..=1 << 40;
const DECODE_BYTES: RangeInclusive<u64> = 1 << 20..=64 << 30;
const PIXELS: RangeInclusive<u64> = 1..=10_000_000_000;
/// A tile of 512 pixels must fit.
const RENDITION_SIDE: RangeInclusive<u64> = 1_024..=16_383;
const RENDITION_PIXELS: RangeInclusive<u64> = 1_000_000..=1_000_000_000;
const TIME: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(600);
const CONCURRENT: RangeInclusive<u64> = 1..=10_000;

/// The caps of `[limits]`, `CUTLINE_LIMITS__…`; each key is named in the sample file with its default and unit.
#[derive(Clone, Copy, Debug, Default)]
pub struct LimitsConfig {
    /// What a share request may hold.
    pub request: RequestLimits,
    /// What a fetch may cost.
    pub fetch: FetchLimits,
    /// What a crop may cost.
    pub crop: CropLimits,
    /// How large renditions may become.
    pub rendition: RenditionLimits,
    /// How much picture work runs at once.
    pub permits: PermitLimits,
    /// Longest time that a decoder in a process of its own may compute at one picture.
    pub decode_timeout: DecodeTimeout,
    /// Most streams of events that are open at once.
    pub max_event_streams: EventStreams,
}

/// 1,024, unless configured otherwise.
#[derive(Clone, Copy, Debug)]
pub struct EventStreams(pub usize);

impl Default for EventStreams {
    fn default() -> Self {
        Self(1_024)
    }
}

/// 5 s, unless configured otherwise.
#[derive(Clone, Copy, Debug)]
pub struct DecodeTimeout(pub Duration);

impl Default for DecodeTimeout {
    fn default() -> Self {
        Self(Duration::from_secs(5))
    }
}

impl LimitsConfig {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let Self { request, fetch, crop, rendition, permits, decode_timeout, max_event_streams } =
            Self::default();
        Self {
            request: RequestLimits {
                max_description_chars: section.count(
                    "max_description_chars",
                    0..=100_000,
                    request.max_description_chars,
                ),
                max_alt_chars: section.count("max_alt_chars", 0..=100_000, request.max_alt_chars),
                max_targets: section.count("max_targets", 1..=1_000, request.max_targets),
            },
            fetch: FetchLimits {
                max_source_bytes: section.bytes("max_source_bytes", SOURCE_BYTES, fetch.max_source_bytes),
                max_page_bytes: section.bytes("max_page_bytes", PAGE_BYTES, fetch.max_page_bytes),
                max_page_pictures: section.count("max_page_pictures", 1..=1_000_000, fetch.max_page_pictures),
                max_redirects: section.count("max_redirects", 0..=20, fetch.max_redirects),
                dns_timeout: section.time("dns_timeout", TIME, fetch.dns_timeout),
                connect_timeout: section.time("connect_timeout", TIME, fetch.connect_timeout),
                head_timeout: section.time("head_timeout", TIME, fetch.head_timeout),
                total_timeout: section.time("fetch_timeout", TIME, fetch.total_timeout),
                beside_timeout: section.time("page_beside_timeout", TIME, fetch.beside_timeout),
                stall_timeout: section.time("stall_timeout", TIME, fetch.stall_timeout),
                max_concurrent: section.count("max_concurrent_fetches", CONCURRENT, fetch.max_concurrent),
                max_concurrent_per_host: section.count(
                    "max_concurrent_fetches_per_host",
                    CONCURRENT,
                    fetch.max_concurrent_per_host,
                ),
                max_concurrent_bytes: section.bytes(
                    "max_concurrent_fetched_bytes",
                    CONCURRENT_BYTES,
                    fetch.max_concurrent_bytes,
                ),
                max_waiting: section.count("max_waiting_fetches", 0..=100_000, fetch.max_waiting),
            },
            crop: CropLimits {
                max_pixels: read_pixels(section, "max_pixels", PIXELS, crop.max_pixels),
                max_whole_pixels: read_pixels(section, "max_whole_pixels", PIXELS, crop.max_whole_pixels),
                max_decode_bytes: section.bytes("max_decode_bytes", DECODE_BYTES, crop.max_decode_bytes),
                max_frames: section.count("max_frames", 1..=1_000_000, crop.max_frames),
            },
            rendition: RenditionLimits {
                max_side: section.count("max_rendition_side", RENDITION_SIDE, rendition.max_side),
                max_pixels: read_pixels(
                    section,
                    "max_rendition_pixels",
                    RENDITION_PIXELS,
                    rendition.max_pixels,
                ),
            },
            permits: PermitLimits {
                max_concurrent: section.count("max_concurrent_crops", CONCURRENT, permits.max_concurrent),
                max_waiting: section.count("max_waiting_crops", 0..=100_000, permits.max_waiting),
            },
            decode_timeout: DecodeTimeout(section.time("decode_timeout", TIME, decode_timeout.0)),
            max_event_streams: EventStreams(section.count(
                "max_event_streams",
                0..=100_000,
                max_event_streams.0,
            )),
        }
    }
}

fn read_pixels(section: &mut Section<'_>, key: &str, range: RangeInclusive<u64>, default: u64) -> u64 {
    let [least, most] = [range.start(), range.end()].map(|pixels| pixels / 1_000_000);
    let example = default / 1_000_000;
    let expected = match least {
        0 => format!("a number of pixels up to {most} MP, for example \"{example} MP\""),
        least => format!("a number of pixels from {least} MP to {most} MP, for example \"{example} MP\""),
    };
    let parse = |text: &str| units::parse_pixels(text).filter(|pixels| range.contains(pixels));
    section.scalar(key, expected, parse).unwrap_or(default)
}
