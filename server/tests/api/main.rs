//! The server as programs and browsers meet it: real sockets, a real record, a real origin beside it.
//!
//! One test target with a file per theme, so that the server is linked once. `app` is the door: it has a method per
//! address.

mod accounts;
#[path = "../../engine/tests/fetch/again.rs"]
mod again;
mod app;
#[path = "../../engine/tests/fetch/certificates.rs"]
mod certificates;
mod cross_site;
#[cfg(target_os = "linux")]
mod crowd;
mod deletion;
mod doubt;
mod embed;
mod events;
mod evil;
#[expect(dead_code, reason = "the fetcher's own tests use the rest")]
#[path = "../../engine/tests/fetch/origin.rs"]
mod evil_origin;
mod galleries;
mod iiif;
mod oembed;
mod origin;
mod pages;
mod pictures;
mod platform;
mod postgres;
mod refusals;
mod shares;
mod streaming;
mod wishes;
