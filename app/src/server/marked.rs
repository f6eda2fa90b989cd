//! The whole picture with a region marked on it: the part in its context.

use cutline_model::{Region, Size};
use leptos::prelude::*;

/// A picture with everything but `region` dimmed.
///
/// Drawn by an SVG over the `<img>`, in fractions of it: no script, no inline style, right at any size.
#[component]
pub(super) fn MarkedPicture(
    /// The picture's address.
    src: String,
    /// What it shows.
    alt: String,
    /// Its natural size, where it is known.
    size: Option<Size>,
    /// What is marked.
    region: Region,
) -> impl IntoView {
    let number = |fraction: f64| format!("{:.4}", fraction * 100.0);
    let (x, y, w, h) = (number(region.x()), number(region.y()), number(region.w()), number(region.h()));
    let shade = format!("M0 0H100V100H0ZM{x} {y}v{h}h{w}v-{h}Z");
    view! {
        <div class="marked-picture">
            <img
                class="marked-picture__picture"
                src=src
                alt=alt
                width=size.map(|size| size.width().to_string())
                height=size.map(|size| size.height().to_string())
                data-cutline="off"
            />
            <svg class="marked-picture__mark" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
                <path class="marked-picture__shade" d=shade fill-rule="evenodd" />
                <rect class="marked-picture__region" x=x y=y width=w height=h vector-effect="non-scaling-stroke" />
            </svg>
        </div>
    }
}
