//! A number brought between two others.

/// `value`, or the nearest of `least` and `most`; `most` where both cross. Unlike the standard library's `clamp` it has nothing to
/// say that would have to be loaded with a page: what writes any floating point number there is.
#[must_use]
pub const fn within(value: f64, least: f64, most: f64) -> f64 {
    value.max(least).min(most)
}
