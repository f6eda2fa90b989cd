//! Cutline: lets the visitor of a page share a part of a picture.
//!
//! The crate is what the browser runs and what the server renders. [`SelectionOverlay`] is the component that site
//! builders put on their own pages; `PageOverlay` is the same as an island, for pages that are otherwise plain HTML,
//! as those of the hosted galleries are. With the feature `ssr` the crate also holds those pages, in `server`.

#[expect(missing_docs, reason = "the `server` macro makes argument structs whose fields carry none")]
pub mod api;
pub mod gallery;
mod icons;
pub mod language;
pub mod overlay;
#[cfg(feature = "ssr")]
pub mod server;

use cutline_model::Target;

pub use self::overlay::SelectionOverlay;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub use self::overlay::island::PageOverlay;

/// A target's name as the visitor reads it: the board is called what boards are called in the visitor's language,
/// everything else by its own name.
fn target_name(target: &Target, labels: &language::Labels) -> String {
    if target.id.platform() == "board" { labels.board.to_owned() } else { target.name.clone() }
}
