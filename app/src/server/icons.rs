//! The icons of targets on pages.

use leptos::prelude::*;

use crate::icons::{icon, target_path};

/// A target's icon, by its path; the general one without.
pub(super) fn target_icon(path: &str) -> impl IntoView + use<> {
    icon(target_path(path).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icons::ATTRIBUTES;

    #[test]
    fn pages_and_overlay_draw_icons_alike() {
        let drawn = target_icon("").to_html();
        for (name, value) in ATTRIBUTES {
            assert!(drawn.contains(&format!("{name}=\"{value}\"")), "{drawn} lacks {name}");
        }
    }
}
