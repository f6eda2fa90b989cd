//! How the overlay is drawn and kept up to date: elements and signals, and nothing between them.
//!
//! Leptos draws pages and gives the overlay to them (`SelectionOverlay`), but what stands on a picture is loaded by everybody who
//! shares, on pages of others too. There its views, which are compiled anew for each element, were two thirds of all bytes. Here an
//! element is made by the browser, a value that changes is one closure behind a pointer, and what depends on what is written down
//! without types (`graph`). Names and meanings are those of Leptos.

mod browser;
mod graph;
mod signal;
mod tag;

pub(super) use self::browser::{document, request_animation_frame, set_timeout, window};
pub(super) use self::graph::{Root, on_cleanup, untrack};
pub(super) use self::signal::{Callback, Memo, NodeRef, RwSignal, StoredValue, effect, effect_after};
pub(super) use self::tag::{Tag, icon, mount, tag};
