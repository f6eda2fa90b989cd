//! One file per address or family of addresses; `router.rs` has the map.
//!
//! A route takes what it needs out of the request, calls one method of the engine and answers. HTML pages answer
//! errors with a page, everything else with `application/problem+json`.

pub mod about;
pub mod accounts;
pub mod api;
pub mod board;
pub mod clipping;
pub mod compose;
pub mod deletion;
pub mod embed;
pub mod foreign;
pub mod galleries;
pub mod health;
pub mod iiif;
pub mod named;
pub mod oembed;
pub mod pictures;
pub mod server_functions;
pub mod share_page;
