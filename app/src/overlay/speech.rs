//! What a screen reader is told about the selection: percent first, since a count of pixels means little when heard.

use cutline_model::Region;

use crate::language::{Labels, fill};

/// Position and size in whole percent, in the words of `labels`.
#[must_use]
pub fn spoken(region: Region, labels: &Labels) -> String {
    let percent = |fraction: f64| format!("{:.0}", fraction * 100.0);
    fill(
        labels.spoken,
        &[
            ("width", &percent(region.w())),
            ("height", &percent(region.h())),
            ("left", &percent(region.x())),
            ("top", &percent(region.y())),
        ],
    )
}

#[cfg(test)]
mod tests;
