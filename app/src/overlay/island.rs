//! The overlay as an island: the only part of a server-rendered page that the browser runs.

use cutline_model::{OverlaySettings, Target};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::SelectionOverlay;
use crate::json;
use crate::language::Language;

/// What a server has for the overlay of a page. It travels as JSON in the attribute `data-offer` of the page's loader, and not as the
/// island's arguments, which Leptos would have every visitor load a reader for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PageOffer {
    /// Where the visitor can share to.
    pub targets: Vec<Target>,
    /// The site owner's choices.
    pub settings: OverlaySettings,
    /// The language of the page.
    pub language: Language,
}

/// The overlay of a server-rendered page, with the [`PageOffer`] that is in it; see [`SelectionOverlay`].
#[island]
pub fn PageOverlay() -> impl IntoView {
    // Servers draw nothing of it, and have no page to look into.
    let PageOffer { targets, settings, language } = if cfg!(target_arch = "wasm32") {
        offer_of_page().expect("the loader has it")
    } else {
        PageOffer::default()
    };
    view! { <SelectionOverlay targets=targets settings=settings language=language /> }
}

fn offer_of_page() -> Option<PageOffer> {
    let loader = super::view::document().query_selector("[data-offer]").ok()??;
    json::read(&loader.get_attribute("data-offer")?)
}
