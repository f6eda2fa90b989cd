//! The icons of targets and buttons, as inline SVG in the text's colour. Those of targets come with them, from the server.

use leptos::prelude::*;

/// A cross.
pub const CLOSE: &str = "M6 6l12 12M18 6L6 18";

/// An arrow head downwards.
pub const FOLD: &str = "M6 9l6 6 6-6";

/// A dashed frame with a corner pulled out: share a part.
const PART: &str = "M4 8V4h4M12 4h4M20 8v4M4 12v4M8 20h4M20 20l-6-6m0 6h6v-6";

/// An arrow that leaves a box.
const LEAVE: &str = "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6";

/// What every icon has around its path, also where the overlay draws it.
pub const ATTRIBUTES: [(&str, &str); 11] = [
    ("class", "icon"),
    ("viewBox", "0 0 24 24"),
    ("width", "20"),
    ("height", "20"),
    ("fill", "none"),
    ("stroke", "currentColor"),
    ("stroke-width", "2"),
    ("stroke-linecap", "round"),
    ("stroke-linejoin", "round"),
    ("aria-hidden", "true"),
    ("focusable", "false"),
];

/// The path of a target's icon; the general one without.
pub fn target_path(path: &str) -> &str {
    if path.is_empty() { LEAVE } else { path }
}

/// The icon of openers.
pub fn part_icon() -> impl IntoView + use<> {
    icon(PART.to_owned())
}

/// An icon of a page, by its path. Decoration only, the name stands beside it or in the button's label.
pub fn icon(path: String) -> impl IntoView + use<> {
    view! {
        <svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
            <path d=path />
        </svg>
    }
}
