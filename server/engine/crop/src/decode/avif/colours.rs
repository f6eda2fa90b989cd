//! From samples of light and colour difference to pixels (ITU-T H.273, section 8.3).
//!
//! Halved samples are blended from the nearest ones, 3 to 1 along each halved side, as if they stood in the middle of the
//! pixels that they are for: so do libavif and the browsers that use it.

use cutline_model::PixelRegion;
use image::{DynamicImage, ImageBuffer, Pixel};
use re_rav1d::dav1d::{Picture, PixelLayout, PlanarImageComponent, pixel};

use super::broken;
use super::window::Window;
use crate::CropError;
use crate::header::{Coding, Matrix};
use crate::sniff::INSTEAD;

/// The samples in a window, whatever cells they came from.
pub(super) struct Samples {
    planes: Vec<Plane>,
    window: Window,
    region: PixelRegion,
    depth: u32,
    /// What the bitstream says.
    matrix: Matrix,
    layout: PixelLayout,
    pub(super) rows_decoded: u32,
}

struct Plane {
    width: usize,
    samples: Vec<u16>,
    /// Whether it has one sample for two pixels across and down.
    is_halved: (bool, bool),
}

impl Samples {
    /// Room for the samples in `window`, of the kind that `cell` has.
    pub(super) fn new(cell: &Picture, window: Window, region: PixelRegion) -> Self {
        let layout = cell.pixel_layout();
        let halved = match layout {
            PixelLayout::I400 => vec![(false, false)],
            PixelLayout::I420 => vec![(false, false), (true, true), (true, true)],
            PixelLayout::I422 => vec![(false, false), (true, false), (true, false)],
            PixelLayout::I444 => vec![(false, false); 3],
        };
        let plane = |is_halved: (bool, bool)| {
            let width = count(window.left, window.right, is_halved.0);
            let height = count(window.top, window.bottom, is_halved.1);
            Plane { width, samples: vec![0; width * height], is_halved }
        };
        let matrix = Matrix {
            coefficients: coefficients(cell.matrix_coefficients()),
            is_full_range: cell.color_range() == pixel::YUVRange::Full,
        };
        let planes = halved.into_iter().map(plane).collect();
        Self { planes, window, region, depth: cell.bit_depth() as u32, matrix, layout, rows_decoded: 0 }
    }

    /// Takes over what lies in the window of a cell at `place`.
    pub(super) fn add(&mut self, cell: &Picture, place: PixelRegion) -> Result<(), CropError> {
        if (cell.bit_depth() as u32, cell.pixel_layout()) != (self.depth, self.layout) {
            return Err(broken("the cells of its grid differ"));
        }
        let kinds = [PlanarImageComponent::Y, PlanarImageComponent::U, PlanarImageComponent::V];
        for (plane, kind) in self.planes.iter_mut().zip(kinds) {
            let (source, stride) = (cell.plane(kind), cell.stride(kind) as usize);
            let (across, down) = plane.is_halved;
            let columns = overlap((self.window.left, self.window.right), (place.left, place.width), across);
            let rows = overlap((self.window.top, self.window.bottom), (place.top, place.height), down);
            for row in 0..rows.length {
                let begin = (rows.to + row) * plane.width + columns.to;
                let into = &mut plane.samples[begin..begin + columns.length];
                let line = source.get((rows.from + row) * stride..).ok_or(CropError::DecoderFailed)?;
                if self.depth > 8 {
                    let line = line.get(2 * columns.from..2 * (columns.from + columns.length));
                    let pairs = line.ok_or(CropError::DecoderFailed)?.as_chunks::<2>().0;
                    for (sample, pair) in into.iter_mut().zip(pairs) {
                        *sample = u16::from_ne_bytes(*pair);
                    }
                } else {
                    let line = line.get(columns.from..columns.from + columns.length);
                    for (sample, byte) in into.iter_mut().zip(line.ok_or(CropError::DecoderFailed)?) {
                        *sample = u16::from(*byte);
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether they are coded as the file says, by which it was judged what they take.
    pub(super) fn are(&self, kind: Coding) -> bool {
        let layout = match (kind.is_grey, kind.halved()) {
            (true, _) => PixelLayout::I400,
            (false, (true, true)) => PixelLayout::I420,
            (false, (true, false)) => PixelLayout::I422,
            (false, _) => PixelLayout::I444,
        };
        (self.depth, self.layout) == (u32::from(kind.depth), layout)
    }

    fn is_grey(&self) -> bool {
        self.layout == PixelLayout::I400
    }

    /// One row of the region of a plane, `row` counted from its top, blended where the plane is halved.
    fn row(&self, plane: usize, row: u32, into: &mut Vec<f32>) {
        let plane = &self.planes[plane];
        let (across, down) = plane.is_halved;
        let height = plane.samples.len() / plane.width;
        let line = |index: usize| &plane.samples[index * plane.width..][..plane.width];
        let (near, far) = beside((self.region.top - self.window.top + row) as usize, down, height);
        let (near, far) = (line(near), line(far));
        let vertical = |index: usize| {
            if down {
                0.75 * f32::from(near[index]) + 0.25 * f32::from(far[index])
            } else {
                f32::from(near[index])
            }
        };
        let first = (self.region.left - self.window.left) as usize;
        into.clear();
        into.extend((first..first + self.region.width as usize).map(|column| {
            let (near, far) = beside(column, across, plane.width);
            if across { 0.75 * vertical(near) + 0.25 * vertical(far) } else { vertical(near) }
        }));
    }
}

/// The pixels of the part; `matrix` says what the samples mean, if the file says it.
pub(super) fn meant(
    colours: &Samples,
    alpha: Option<&Samples>,
    matrix: Option<Matrix>,
    is_premultiplied: bool,
) -> Result<DynamicImage, CropError> {
    let matrix = matrix.unwrap_or(colours.matrix);
    let is_halved = matches!(colours.layout, PixelLayout::I420 | PixelLayout::I422);
    if matrix.coefficients == 0 && is_halved {
        return Err(broken("its red, green and blue are of different sizes"));
    }
    let is_grey = colours.is_grey();
    if colours.depth > 8 {
        let write = |value: f32| (value.clamp(0.0, 1.0) * 65_535.0 + 0.5) as u16;
        Ok(match (is_grey, alpha) {
            (true, None) => buffer::<image::Luma<u16>>(colours, alpha, matrix, false, write)?.into(),
            (true, Some(_)) => {
                buffer::<image::LumaA<u16>>(colours, alpha, matrix, is_premultiplied, write)?.into()
            }
            (false, None) => buffer::<image::Rgb<u16>>(colours, alpha, matrix, false, write)?.into(),
            (false, Some(_)) => {
                buffer::<image::Rgba<u16>>(colours, alpha, matrix, is_premultiplied, write)?.into()
            }
        })
    } else {
        let write = |value: f32| (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        Ok(match (is_grey, alpha) {
            (true, None) => buffer::<image::Luma<u8>>(colours, alpha, matrix, false, write)?.into(),
            (true, Some(_)) => {
                buffer::<image::LumaA<u8>>(colours, alpha, matrix, is_premultiplied, write)?.into()
            }
            (false, None) => buffer::<image::Rgb<u8>>(colours, alpha, matrix, false, write)?.into(),
            (false, Some(_)) => {
                buffer::<image::Rgba<u8>>(colours, alpha, matrix, is_premultiplied, write)?.into()
            }
        })
    }
}

fn buffer<P: Pixel>(
    colours: &Samples,
    alpha: Option<&Samples>,
    matrix: Matrix,
    is_premultiplied: bool,
    write: impl Fn(f32) -> P::Subpixel,
) -> Result<ImageBuffer<P, Vec<P::Subpixel>>, CropError> {
    let PixelRegion { width, height, .. } = colours.region;
    let to_rgb = ToRgb::new(matrix, colours.depth, colours.is_grey())?;
    let opacity = alpha.map(|alpha| Levels::new(alpha.depth, alpha.matrix.is_full_range));
    let mut samples = Vec::with_capacity(width as usize * height as usize * usize::from(P::CHANNEL_COUNT));
    let mut rows = [const { Vec::new() }; 4];
    for row in 0..height {
        for (plane, into) in rows.iter_mut().take(colours.planes.len()).enumerate() {
            colours.row(plane, row, into);
        }
        if let Some(alpha) = alpha {
            alpha.row(0, row, &mut rows[3]);
        }
        let at = |plane: usize, column: usize| rows[plane][column];
        for column in 0..width as usize {
            let a = opacity.map(|levels| levels.light(at(3, column)).clamp(0.0, 1.0));
            let visible = |value: f32| match a {
                Some(a) if is_premultiplied && a > 0.0 => write(value / a),
                _ => write(value),
            };
            if colours.is_grey() {
                samples.push(visible(to_rgb.levels.light(at(0, column))));
            } else {
                let rgb = to_rgb.colour(at(0, column), at(1, column), at(2, column));
                samples.extend(rgb.map(visible));
            }
            samples.extend(a.map(&write));
        }
    }
    ImageBuffer::from_raw(width, height, samples).ok_or(CropError::DecoderFailed)
}

/// What the levels of samples stand for.
#[derive(Clone, Copy)]
struct Levels {
    /// The level of black, and levels from there to white.
    black: f32,
    light: f32,
    /// The level of no difference, and levels for a difference of 1.
    middle: f32,
    difference: f32,
}

impl Levels {
    fn new(depth: u32, is_full_range: bool) -> Self {
        let one = (1 << (depth - 8)) as f32;
        let middle = 128.0 * one;
        if is_full_range {
            let most = ((1 << depth) - 1) as f32;
            Self { black: 0.0, light: most, middle, difference: most }
        } else {
            Self { black: 16.0 * one, light: 219.0 * one, middle, difference: 224.0 * one }
        }
    }

    fn light(self, level: f32) -> f32 {
        (level - self.black) / self.light
    }

    fn difference(self, level: f32) -> f32 {
        (level - self.middle) / self.difference
    }
}

/// The way from samples to red, green and blue.
struct ToRgb {
    levels: Levels,
    /// How much of the light is red and how much blue; none where samples are green, blue and red themselves.
    weights: Option<(f32, f32)>,
}

impl ToRgb {
    fn new(matrix: Matrix, depth: u32, is_grey: bool) -> Result<Self, CropError> {
        let weights = match matrix.coefficients {
            0 => None,
            1 => Some((0.2126, 0.0722)),
            4 => Some((0.30, 0.11)),
            // What is not said is taken for what most encoders do.
            2 | 5 | 6 => Some((0.299, 0.114)),
            7 => Some((0.212, 0.087)),
            9 => Some((0.2627, 0.0593)),
            _ if is_grey => None,
            _ => {
                let what = "an AVIF picture whose colours are coded in an unusual way".into();
                return Err(CropError::Unsupported { what, instead: INSTEAD.into() });
            }
        };
        Ok(Self { levels: Levels::new(depth, matrix.is_full_range), weights })
    }

    fn colour(&self, y: f32, u: f32, v: f32) -> [f32; 3] {
        let Some((red, blue)) = self.weights else {
            return [v, y, u].map(|level| self.levels.light(level));
        };
        let (y, u, v) = (self.levels.light(y), self.levels.difference(u), self.levels.difference(v));
        let r = y + 2.0 * (1.0 - red) * v;
        let b = y + 2.0 * (1.0 - blue) * u;
        [r, (y - red * r - blue * b) / (1.0 - red - blue), b]
    }
}

/// Samples from one place of a window to another.
fn count(begin: u32, end: u32, is_halved: bool) -> usize {
    if is_halved { (end.div_ceil(2) - begin / 2) as usize } else { (end - begin) as usize }
}

struct Overlap {
    /// Where it begins in the cell.
    from: usize,
    /// Where it begins in the window.
    to: usize,
    length: usize,
}

/// Along one side: what of a cell lies in the window, in samples.
fn overlap(window: (u32, u32), (place, length): (u32, u32), is_halved: bool) -> Overlap {
    let (begin, end) = (window.0.max(place), window.1.min(place + length));
    if begin >= end {
        return Overlap { from: 0, to: 0, length: 0 };
    }
    let halved = |pixels: u32| if is_halved { pixels / 2 } else { pixels } as usize;
    Overlap {
        from: halved(begin - place),
        to: halved(begin - window.0),
        length: count(begin, end, is_halved),
    }
}

/// The sample that a pixel lies in and the one that it is nearest to besides, the same at the ends.
fn beside(pixel: usize, is_halved: bool, count: usize) -> (usize, usize) {
    if !is_halved {
        return (pixel, pixel);
    }
    let near = pixel / 2;
    let far = if pixel.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(count - 1) };
    (near, far)
}

fn coefficients(matrix: pixel::MatrixCoefficients) -> u8 {
    matrix as u8
}
