//! How the selection overlay behaves on this site's pages.

use cutline_model::{Loupe, OverlaySettings, TargetStyle};

use super::section::Section;

/// Reads `[overlay]`, `CUTLINE_OVERLAY__…`.
pub(super) fn read(section: &mut Section<'_>) -> OverlaySettings {
    let default = OverlaySettings::default();
    OverlaySettings {
        dwell_ms: section.count("dwell_ms", 0..=60_000, default.dwell_ms),
        min_width: section.count("min_width", 1..=100_000, default.min_width),
        min_height: section.count("min_height", 1..=100_000, default.min_height),
        target_style: section
            .scalar("target_style", "one of buttons, icons and links", |text| match text {
                "buttons" => Some(TargetStyle::Buttons),
                "icons" => Some(TargetStyle::Icons),
                "links" => Some(TargetStyle::Links),
                _ => None,
            })
            .unwrap_or(default.target_style),
        loupe: section
            .scalar("loupe", "one of touch, always and never", |text| match text {
                "touch" => Some(Loupe::Touch),
                "always" => Some(Loupe::Always),
                "never" => Some(Loupe::Never),
                _ => None,
            })
            .unwrap_or(default.loupe),
        // These are limits of requests; the overlay is told of them.
        ..default
    }
}
