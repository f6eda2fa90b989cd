//! The icons of platforms and buttons, as inline SVG in the text's colour.

use leptos::prelude::*;

/// The icon of a platform; decoration only, the name stands beside it or in the button's label.
pub fn platform_icon(platform: &str) -> impl IntoView + use<> {
    let path = match platform {
        // A pinned note.
        "board" => "M5 4h14v11l-5 5H5zM14 20v-5h5M12 2v5",
        // A speech bubble with an m.
        "mastodon" => {
            "M6 3h12a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3h-6l-4 5v-5H6a3 3 0 0 1-3-3V6a3 3 0 0 1 3-3zM8 12V8.5a2 2 0 0 1 4 0V12m0-3.500a2 2 0 0 1 4 0V12"
        }
        // An arrow that leaves a box.
        _ => "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
    };
    icon(path)
}

/// A cross.
pub fn close_icon() -> impl IntoView + use<> {
    icon("M6 6l12 12M18 6L6 18")
}

/// A dashed frame with a corner pulled out: share a part.
pub fn part_icon() -> impl IntoView + use<> {
    icon("M4 8V4h4M12 4h4M20 8v4M4 12v4M8 20h4M20 20l-6-6m0 6h6v-6")
}

fn icon(path: &'static str) -> impl IntoView + use<> {
    view! {
        <svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
            <path d=path />
        </svg>
    }
}
