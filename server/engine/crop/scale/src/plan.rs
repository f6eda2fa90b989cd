//! How a picture is scaled in bands: which rows of it each band of the result is made of, and what is held meanwhile.
//!
//! Columns are scaled first, a band of rows at a time. Colours with alpha are weighted in a copy of a strip of columns:
//! where few rows are made of many, a copy of all columns would be one of the whole picture.

use image::ColorType;

/// How large a band between both steps, and a strip of weighted colours, may be, unless one row or column is larger.
const BAND_BYTES: u64 = 8 << 20;
/// How far the filter reaches, in pixels of the smaller side.
const LOBES: f64 = 3.0;

/// The bands of one scaling.
pub(crate) struct Plan {
    /// Rows of the result in a band; fewer in the last.
    pub(crate) band_rows: u32,
    /// Rows of the picture that a band is made of, at most.
    pub(crate) most_rows: u32,
    /// Columns in a strip, where colours are weighted.
    pub(crate) columns: Option<u32>,
    picture_rows: u32,
    top: f64,
    /// Rows of the picture for one of the result.
    ratio: f64,
    height: u32,
}

/// A band of the result, and where in the picture it comes from.
pub(crate) struct Band {
    /// Its first row, and how many it has.
    pub(crate) begin: u32,
    pub(crate) rows: u32,
    /// The picture's rows that the filter looks at.
    pub(crate) first: u32,
    pub(crate) count: u32,
    /// Where the band lies in those.
    pub(crate) top: f64,
    pub(crate) down: f64,
}

impl Plan {
    /// Of a picture of this size, of which the `down` rows from `top` on become `height`.
    pub(crate) fn new(color: ColorType, (width, rows): (u32, u32), top: f64, down: f64, height: u32) -> Self {
        let pixel_bytes = u64::from(color.bytes_per_pixel());
        let at_most = |bytes: u64, most: u32| {
            u32::try_from(BAND_BYTES / bytes.max(1)).unwrap_or(u32::MAX).clamp(1, most.max(1))
        };
        let band_rows = at_most(u64::from(width) * pixel_bytes, height);
        let ratio = down / f64::from(height);
        // Rounding adds a row on each side, caution another.
        let most_rows = f64::from(band_rows) * ratio + 2.0 * LOBES * ratio.max(1.0) + 4.0;
        let most_rows = (most_rows as u32).clamp(1, rows);
        let columns = color.has_alpha().then(|| at_most(u64::from(most_rows) * pixel_bytes, width));
        Self { band_rows, most_rows, columns, picture_rows: rows, top, ratio, height }
    }

    pub(crate) fn bands(&self) -> impl Iterator<Item = Band> {
        (0..self.height).step_by(self.band_rows as usize).map(|begin| {
            let rows = self.band_rows.min(self.height - begin);
            let top = self.top + f64::from(begin) * self.ratio;
            let (reach, down) = (LOBES * self.ratio.max(1.0), f64::from(rows) * self.ratio);
            let first = ((top - reach).floor() as u32).min(self.picture_rows - 1);
            let end = ((top + down + reach).ceil() as u32).clamp(first + 1, self.picture_rows);
            let top = top - f64::from(first);
            // What rounding adds must not lie outside.
            Band { begin, rows, first, count: end - first, top, down: down.min(f64::from(end - first) - top) }
        })
    }
}

/// What is held while a picture of the size `from` is scaled to `to`, beside the two of them, in bytes.
#[must_use]
pub fn bytes_beside(color: ColorType, from: (u32, u32), to: (u32, u32)) -> u64 {
    let plan = Plan::new(color, from, 0.0, f64::from(from.1), to.1);
    let between = u64::from(from.0) * u64::from(plan.band_rows);
    let weighted = plan.columns.map_or(0, |columns| u64::from(columns) * u64::from(plan.most_rows));
    (between + weighted) * u64::from(color.bytes_per_pixel())
}
