//! The overlay as an island: the only part of a server-rendered page that the browser runs.

use cutline_model::{OverlaySettings, Target};
use leptos::prelude::*;

use super::SelectionOverlay;
use crate::language::Language;

/// The overlay of a server-rendered page; see [`SelectionOverlay`].
#[island]
pub fn PageOverlay(
    /// Where the visitor can share to.
    targets: Vec<Target>,
    /// The site owner's choices.
    settings: OverlaySettings,
    /// The language of the page.
    language: Language,
) -> impl IntoView {
    view! { <SelectionOverlay targets=targets settings=settings language=language /> }
}
