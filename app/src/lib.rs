#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

#[cfg(test)]
#[macro_use]
mod sentences;

#[expect(missing_docs, reason = "the `server` macro makes argument structs whose fields carry none")]
pub mod api;
pub mod fetch;
pub mod gallery;
mod icons;
pub mod json;
pub mod language;
pub mod overlay;
#[cfg(feature = "ssr")]
pub mod server;

use cutline_model::Target;

/// The types that components take and tell of.
pub use cutline_model as model;

pub use self::gallery::{Gallery, ShareablePicture};
pub use self::overlay::SelectionOverlay;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub use self::overlay::island::PageOverlay;

/// A target's name as the visitor reads it: the board is called what boards are called in the visitor's language,
/// everything else by its own name.
fn target_name(target: &Target, labels: &language::Labels) -> String {
    if target.id.platform() == "board" { labels.board.to_owned() } else { target.name.clone() }
}
