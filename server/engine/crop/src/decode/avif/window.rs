//! What of a grid is kept: the part, and around it the samples that its colours are blended from.

use cutline_model::PixelRegion;

use crate::header::Grid;

/// A part of the grid whose sides are even where it does not end with the grid, so that halved samples belong to it whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) right: u32,
    pub(super) bottom: u32,
}

impl Window {
    /// The region, and the halved samples on each side of it.
    pub(super) fn around(region: PixelRegion, grid: &Grid) -> Self {
        let begin = |begin: u32| begin.saturating_sub(2) & !1;
        let end = |begin: u32, length: u32, whole: u32| ((begin + length + 3) & !1).min(whole);
        Self {
            left: begin(region.left),
            top: begin(region.top),
            right: end(region.left, region.width, grid.size.width()),
            bottom: end(region.top, region.height, grid.size.height()),
        }
    }

    /// Whether a sample of it lies in `place`.
    pub(super) fn touches(self, place: PixelRegion) -> bool {
        place.left < self.right
            && self.left < place.left + place.width
            && place.top < self.bottom
            && self.top < place.top + place.height
    }
}
