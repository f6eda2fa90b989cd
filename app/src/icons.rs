//! The icons of targets and buttons, as inline SVG in the text's colour. Those of targets come with them, from the server.

use std::borrow::Cow;

use leptos::prelude::*;

/// A target's icon, by its path; the general one without. Decoration only, the name stands beside it or in the button's label.
pub fn target_icon(path: &str) -> impl IntoView + use<> {
    // An arrow that leaves a box.
    icon(if path.is_empty() { "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6".into() } else { path.to_owned().into() })
}

/// A cross.
pub fn close_icon() -> impl IntoView + use<> {
    icon("M6 6l12 12M18 6L6 18".into())
}

/// A dashed frame with a corner pulled out: share a part.
pub fn part_icon() -> impl IntoView + use<> {
    icon("M4 8V4h4M12 4h4M20 8v4M4 12v4M8 20h4M20 20l-6-6m0 6h6v-6".into())
}

fn icon(path: Cow<'static, str>) -> impl IntoView + use<> {
    view! {
        <svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
            <path d=path />
        </svg>
    }
}
