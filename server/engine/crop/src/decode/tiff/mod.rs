//! TIFF: the strips or tiles that the part touches are decoded, one at a time, and of each what lies in the part is kept.

mod pixels;
mod reader;

use std::ops::Range;

use cutline_model::PixelRegion;
use tiff::decoder::{Decoder, Limits};

use self::pixels::{Chunk, Gathered};
use self::reader::Reader;
use super::{DecodedPart, overlap};
use crate::header::{self, Header, Meaning, TiffSamples};
use crate::part::Part;
use crate::{CropError, CropLimits, Source};

/// Decodes `region`, in stored pixels.
pub(super) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    let (samples, directory) = {
        let mut decoder = open(Reader::new(source), limits)?;
        (TiffSamples::of(&mut decoder)?, decoder.ifd_pointer().map_or(0, |pointer| pointer.0))
    };
    check_cost(header, &samples, region, limits)?;
    let reader = match samples.meaning {
        // The crate decodes no indices, but grey of the same depth, which is the same bytes.
        Meaning::Palette(_) => Reader::with_indices_as_grey(source, directory)?,
        _ => Reader::new(source),
    };
    let mut decoder = open(reader, limits)?;
    let grid = Chunks::of(&decoder, header);
    let colours = decoder.colortype().map_err(|error| header::refuse_tiff(&error))?;
    let (planes, in_chunk) =
        if samples.is_planar { (samples.channels(), 1) } else { (1, usize::from(colours.num_samples())) };
    let mut gathered = Gathered::new(&samples, region);
    let mut rows_decoded = 0;
    let mut buffer = Vec::new();
    for row in touched(region.top, region.height, grid.height) {
        for column in touched(region.left, region.width, grid.width) {
            let place = grid.place(column, row);
            let Some(overlap) = overlap(place, region) else { continue };
            for plane in 0..planes {
                let stride = read(&mut decoder, grid.index(column, row, plane), &mut buffer)?;
                let plane = samples.is_planar.then_some(usize::from(plane));
                let chunk = Chunk { bytes: &buffer, stride, samples: in_chunk, plane };
                gathered.add(&chunk, overlap);
            }
        }
        rows_decoded += grid.place(0, row).height;
    }
    Ok(DecodedPart { pixels: Part::Still(gathered.into_picture(header.profile.as_deref())?), rows_decoded })
}

fn open<'r, 's>(reader: Reader<'r, 's>, limits: &CropLimits) -> Result<Decoder<Reader<'r, 's>>, CropError> {
    let decoder = Decoder::new(reader).map_err(|error| header::refuse_tiff(&error))?;
    let mut allowed = Limits::default();
    allowed.decoding_buffer_size = usize::try_from(limits.max_decode_bytes).unwrap_or(usize::MAX);
    Ok(decoder.with_limits(allowed))
}

/// Decodes one strip or tile into `buffer`, and says how many bytes a row of it takes.
fn read(decoder: &mut Decoder<Reader<'_, '_>>, index: u32, buffer: &mut Vec<u8>) -> Result<usize, CropError> {
    let refuse = |error| header::refuse_tiff(&error);
    let layout = decoder.image_chunk_buffer_layout(index).map_err(refuse)?;
    buffer.clear();
    buffer.resize(layout.len, 0);
    decoder.read_chunk_bytes(index, buffer).map_err(refuse)?;
    let stride = layout.row_stride.map_or(layout.len, Into::into);
    Ok(stride.max(1))
}

/// One strip or tile as it is decoded, and the part as samples and as pixels.
fn check_cost(
    header: &Header,
    samples: &TiffSamples,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<(), CropError> {
    let sample_bytes = if samples.depth > 8 { 2 } else { 1 };
    let inks = if samples.meaning == Meaning::Inks { 4 } else { 0 };
    let pixel_bytes = 2 * u64::from(samples.channels()) + 4 * sample_bytes + inks;
    let needed = header.decode_bytes.saturating_add(region.size().area().saturating_mul(pixel_bytes));
    if needed > limits.max_decode_bytes {
        let (size, limit) = (header.upright_size(), limits.max_decode_bytes);
        return Err(CropError::TooMuchMemory { size, needed, limit });
    }
    Ok(())
}

/// The strips or tiles that a picture lies in.
struct Chunks {
    width: u32,
    height: u32,
    picture: (u32, u32),
}

impl Chunks {
    fn of(decoder: &Decoder<Reader<'_, '_>>, header: &Header) -> Self {
        let (width, height) = decoder.chunk_dimensions();
        let picture = (header.stored.width(), header.stored.height());
        Self { width: width.max(1), height: height.max(1), picture }
    }

    /// What of a chunk lies in the picture.
    fn place(&self, column: u32, row: u32) -> PixelRegion {
        let (left, top) = (column * self.width, row * self.height);
        let (width, height) = self.picture;
        PixelRegion { left, top, width: self.width.min(width - left), height: self.height.min(height - top) }
    }

    fn index(&self, column: u32, row: u32, plane: u16) -> u32 {
        let (across, down) = (self.picture.0.div_ceil(self.width), self.picture.1.div_ceil(self.height));
        (u32::from(plane) * down + row) * across + column
    }
}

/// Which of the chunks of this `length` the stretch from `begin` on touches.
fn touched(begin: u32, count: u32, length: u32) -> Range<u32> {
    begin / length..(begin + count).div_ceil(length)
}
