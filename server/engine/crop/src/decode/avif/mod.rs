//! AVIF: of the cells that the part touches, the samples are decoded; of those, the part's become colours.
//!
//! The decoder is dav1d in Rust. It decodes a coded picture whole, so only a grid of several saves work for a part.

mod av1;
mod colours;
mod window;

use cutline_model::PixelRegion;

use self::colours::{Samples, meant};
use self::window::Window;
use super::DecodedPart;
use crate::header::{self, Grid, Header, Layout};
use crate::part::Part;
use crate::{CropError, CropLimits, Format, Source};

/// Decodes `region`, in stored pixels.
pub(super) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    let layout = header::layout(source)?;
    check_cost(&layout, header, region, limits)?;
    let colours = decoded(source, &layout.colours, region)?;
    if !colours.are(layout.kind) {
        return Err(broken("its samples are of another kind than it says"));
    }
    let rows_decoded = colours.rows_decoded;
    let alpha = match &layout.alpha {
        Some(alpha) => Some(decoded(source, alpha, region)?),
        None => None,
    };
    let picture = meant(&colours, alpha.as_ref(), layout.matrix, layout.is_premultiplied)?;
    Ok(DecodedPart { pixels: Part::Still(picture), rows_decoded })
}

/// The samples of the part, out of the cells that it touches.
fn decoded(source: &mut Source<'_>, grid: &Grid, region: PixelRegion) -> Result<Samples, CropError> {
    let window = Window::around(region, grid);
    let mut samples: Option<Samples> = None;
    let mut bottom = 0;
    for index in grid.cells() {
        let place = grid.place(index);
        if !window.touches(place) {
            continue;
        }
        let end = usize::try_from(grid.end(index)).unwrap_or(usize::MAX);
        let data = grid.bytes(index, source.peek(end))?;
        let cell = av1::decode(data, grid.cell)?;
        match &mut samples {
            Some(samples) => samples.add(&cell, place)?,
            None => {
                let mut first = Samples::new(&cell, window, region);
                first.add(&cell, place)?;
                samples = Some(first);
            }
        }
        bottom = bottom.max(place.top + place.height);
    }
    let mut samples = samples.ok_or_else(|| broken("it holds no picture"))?;
    samples.rows_decoded = bottom.min(grid.size.height());
    Ok(samples)
}

/// Refuses a part that takes more memory than it may: one cell as the decoder holds it, and the part as samples of
/// colours and alpha, and as pixels.
fn check_cost(
    layout: &Layout,
    header: &Header,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<(), CropError> {
    let bytes = if layout.kind.depth > 8 { 2 } else { 1 };
    let channels = if layout.kind.is_grey { 1 } else { 3 } + u64::from(layout.alpha.is_some());
    let part = region.size().area().saturating_mul(2 * 3 + 2 + channels * bytes);
    header.check_memory(part, header.decode_bytes, limits)
}

fn broken(reason: &str) -> CropError {
    CropError::Broken { format: Format::Avif, reason: reason.to_owned() }
}
