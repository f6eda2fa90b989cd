//! JPEG XL, by jxl-oxide: only groups of blocks that the part touches are decoded where the file allows it.
//!
//! It counts what it allocates itself, and gives up at the limit. The file is read until the frames that are wanted are there.

mod light;

use std::time::Duration;

use cutline_model::PixelRegion;
use image::{DynamicImage, ImageBuffer, Pixel, Primitive};
use jxl_oxide::image::{BitDepth, ExtraChannelInfo};
use jxl_oxide::{
    AllocTracker, CropInfo, EnumColourEncoding, ExtraChannelType, FrameBufferSample, InitializeResult,
    JxlImage, JxlThreadPool, Render, RenderingIntent, UninitializedJxlImage,
};

use self::light::Light;
use super::DecodedPart;
use super::alpha::divide;
use super::frames::{Budget, Frames, Wanted};
use super::whole::cut;
use crate::header::{Codestream, Header};
use crate::part::Part;
use crate::{CropError, CropLimits, Format, Source};

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Decodes `region`, in stored pixels, of the wanted frames.
pub(super) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    wanted: Wanted,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    check_cost(header, region, limits)?;
    let refuse = |error: AnyError| refuse(&error, header, limits);
    let mut image = open(source, wanted, limits).map_err(|error| match error {
        Failure::OfFile(error) => error,
        Failure::OfDecoder(error) => refuse(error),
    })?;
    // With alpha beside them, blocks at the edge of a part are of another size than its renderer thinks, and it gives up
    // (jxl-render 0.12.4, `ImageWithRegion`): then the part is cut out of the whole.
    let has_more = !image.image_header().metadata.ec_info.is_empty();
    let decoded = if has_more { whole(header) } else { region };
    check_cost(header, decoded, limits)?;
    let PixelRegion { left, top, width, height } = decoded;
    image.set_image_region(CropInfo { width, height, left, top });
    let light = Light::ask(&mut image, header.profile.as_deref())?;
    if light.is_none() {
        ask_for_colours(&mut image, header).map_err(refuse)?;
    }

    let frame = |index| -> Result<(DynamicImage, u32), CropError> {
        let render = image.render_frame(index).map_err(refuse)?;
        let picture = pixels(&render, &image, light.as_ref(), header, decoded)?;
        Ok((if has_more { cut(picture, region) } else { picture }, render.duration()))
    };
    let rows_decoded = header.stored.height();
    if wanted == Wanted::First {
        return Ok(DecodedPart { pixels: Part::Still(frame(0)?.0), rows_decoded });
    }
    let mut frames = Frames::new(limits.max_decode_bytes);
    let mut budget = Budget::new(limits);
    let (ticks, plays) = match &image.image_header().metadata.animation {
        Some(timing) => {
            (f64::from(timing.tps_numerator) / f64::from(timing.tps_denominator.max(1)), timing.num_loops)
        }
        None => (1.0, 1),
    };
    for index in 0..image.num_loaded_keyframes() {
        budget.take(decoded.size().area())?;
        let (picture, duration) = frame(index)?;
        let seconds = f64::from(duration) / ticks.max(f64::MIN_POSITIVE);
        let duration = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        frames.push(&picture.into_rgba8(), duration)?;
    }
    let pixels = frames.into_part(plays).ok_or_else(|| broken("it holds no picture"))?;
    Ok(DecodedPart { pixels, rows_decoded })
}

/// Asks for the colours that the header declares.
fn ask_for_colours(image: &mut JxlImage, header: &Header) -> Result<(), AnyError> {
    let metadata = &image.image_header().metadata;
    let (is_grey, has_profile) = (metadata.grayscale(), metadata.colour_encoding.want_icc());
    match &header.profile {
        Some(profile) if has_profile => image.request_icc(profile)?,
        None if metadata.xyb_encoded || has_profile => {
            let make = if is_grey { EnumColourEncoding::gray_srgb } else { EnumColourEncoding::srgb };
            image.request_color_encoding(make(RenderingIntent::Relative));
        }
        // As they are stored.
        _ => {}
    }
    Ok(())
}

fn whole(header: &Header) -> PixelRegion {
    PixelRegion { left: 0, top: 0, width: header.stored.width(), height: header.stored.height() }
}

/// Whose fault it is that there is no picture.
enum Failure {
    OfFile(CropError),
    OfDecoder(AnyError),
}

impl From<CropError> for Failure {
    fn from(error: CropError) -> Self {
        Self::OfFile(error)
    }
}

impl From<AnyError> for Failure {
    fn from(error: AnyError) -> Self {
        Self::OfDecoder(error)
    }
}

/// Hands the codestream to the decoder as it comes.
///
/// What goes wrong while it comes may be the doing of where a piece ends: the decoder takes what is not there yet for zeros
/// now and then (jxl-bitstream 1.1). Then it gets all of it at once, which decides.
fn open(source: &mut Source<'_>, wanted: Wanted, limits: &CropLimits) -> Result<JxlImage, Failure> {
    let (mut stream, mut all, mut taken) = (Codestream::default(), Vec::new(), 0);
    let mut opening = Opening::new(limits);
    while let Some(piece) = stream.next(source)? {
        all.extend_from_slice(piece);
        // The header is read from its beginning each time: not for each byte of a file that comes byte by byte.
        if matches!(opening, Opening::Header(_)) && all.len() < 2 * taken {
            continue;
        }
        match opening.feed(&all[taken..]) {
            Ok((next, _)) if next.has(wanted) => return next.picture(),
            Ok((next, more)) => {
                opening = next;
                taken += more;
            }
            Err(_) => {
                while let Some(piece) = stream.next(source)? {
                    all.extend_from_slice(piece);
                }
                (opening, taken) = Opening::new(limits).feed(&all)?;
                break;
            }
        }
    }
    if taken < all.len() {
        (opening, _) = opening.feed(&all[taken..])?;
    }
    if opening.has(wanted) { opening.picture() } else { Err(truncated().into()) }
}

/// A picture of which the header is there, or not yet.
enum Opening {
    Header(UninitializedJxlImage),
    Frames(JxlImage),
}

impl Opening {
    fn new(limits: &CropLimits) -> Self {
        let limit = usize::try_from(limits.max_decode_bytes).unwrap_or(usize::MAX);
        let tracker = AllocTracker::with_limit(limit);
        Self::Header(JxlImage::builder().pool(JxlThreadPool::none()).alloc_tracker(tracker).build_uninit())
    }

    /// Hands over `bytes`, and says how many of them were taken.
    fn feed(self, bytes: &[u8]) -> Result<(Self, usize), AnyError> {
        Ok(match self {
            Self::Header(mut header) => {
                let taken = header.feed_bytes(bytes)?;
                match header.try_init()? {
                    InitializeResult::NeedMoreData(header) => (Self::Header(header), taken),
                    InitializeResult::Initialized(image) => (Self::Frames(image), taken),
                }
            }
            Self::Frames(mut image) => {
                let taken = image.feed_bytes(bytes)?;
                (Self::Frames(image), taken)
            }
        })
    }

    /// Whether the wanted frames are there.
    fn has(&self, wanted: Wanted) -> bool {
        match (self, wanted) {
            (Self::Header(_), _) => false,
            (Self::Frames(image), Wanted::First) => image.num_loaded_keyframes() > 0,
            (Self::Frames(image), Wanted::All) => image.is_loading_done(),
        }
    }

    fn picture(self) -> Result<JxlImage, Failure> {
        match self {
            Self::Header(_) => Err(truncated().into()),
            Self::Frames(image) => Ok(image),
        }
    }
}

/// The part's pixels: 8 bits if the picture was made with no more, else 16.
fn pixels(
    render: &Render,
    image: &JxlImage,
    light: Option<&Light>,
    header: &Header,
    region: PixelRegion,
) -> Result<DynamicImage, CropError> {
    let metadata = &image.image_header().metadata;
    let is_deep = !matches!(metadata.bit_depth, BitDepth::IntegerSample { bits_per_sample: 0..=8 });
    let is_multiplied = matches!(
        first_alpha(image).map(|channel| channel.ty),
        Some(ExtraChannelType::Alpha { alpha_associated: true })
    );
    Ok(match (is_deep, metadata.grayscale(), header.has_alpha) {
        (false, true, false) => buffer::<image::Luma<u8>>(render, region, light, false)?.into(),
        (false, true, true) => buffer::<image::LumaA<u8>>(render, region, light, is_multiplied)?.into(),
        (false, false, false) => buffer::<image::Rgb<u8>>(render, region, light, false)?.into(),
        (false, false, true) => buffer::<image::Rgba<u8>>(render, region, light, is_multiplied)?.into(),
        (true, true, false) => buffer::<image::Luma<u16>>(render, region, light, false)?.into(),
        (true, true, true) => buffer::<image::LumaA<u16>>(render, region, light, is_multiplied)?.into(),
        (true, false, false) => buffer::<image::Rgb<u16>>(render, region, light, false)?.into(),
        (true, false, true) => buffer::<image::Rgba<u16>>(render, region, light, is_multiplied)?.into(),
    })
}

/// The alpha that the decoder hands out beside the colours.
fn first_alpha(image: &JxlImage) -> Option<&ExtraChannelInfo> {
    image.image_header().metadata.ec_info.iter().find(|channel| channel.is_alpha())
}

fn buffer<P>(
    render: &Render,
    region: PixelRegion,
    light: Option<&Light>,
    is_multiplied: bool,
) -> Result<ImageBuffer<P, Vec<P::Subpixel>>, CropError>
where
    P: Pixel,
    P::Subpixel: FrameBufferSample + Into<u32> + TryFrom<u32>,
{
    let PixelRegion { width, height, .. } = region;
    let mut stream = render.stream();
    if (stream.width(), stream.height(), stream.channels()) != (width, height, P::CHANNEL_COUNT.into()) {
        return Err(broken("its pixels are of another kind than it says"));
    }
    let channels = usize::from(P::CHANNEL_COUNT);
    let mut samples = vec![P::Subpixel::DEFAULT_MIN_VALUE; width as usize * height as usize * channels];
    match light {
        None => {
            stream.write_to_buffer(&mut samples);
        }
        Some(light) => {
            let most: u32 = P::Subpixel::DEFAULT_MAX_VALUE.into();
            let mut row = vec![0_f32; width as usize * channels];
            let mut painted = vec![0_u16; row.len()];
            for samples in samples.chunks_exact_mut(row.len()) {
                stream.write_to_buffer(&mut row);
                light.paint(&row, channels, &mut painted)?;
                for (sample, painted) in samples.iter_mut().zip(&painted) {
                    let value = (u32::from(*painted) * most + 32_767) / 65_535;
                    *sample = P::Subpixel::try_from(value).map_err(|_| CropError::DecoderFailed)?;
                }
            }
        }
    }
    if is_multiplied {
        divide(&mut samples, channels, P::Subpixel::DEFAULT_MAX_VALUE.into());
    }
    ImageBuffer::from_raw(width, height, samples).ok_or(CropError::DecoderFailed)
}

/// What is needed whatever the decoder does: the picture small, the part as it decodes and as it writes it.
fn check_cost(header: &Header, region: PixelRegion, limits: &CropLimits) -> Result<(), CropError> {
    let part = region.size().area().saturating_mul(3 * 4 + 8);
    header.check_memory(part, header.decode_bytes, limits)
}

/// The error for what the decoder says.
fn refuse(error: &AnyError, header: &Header, limits: &CropLimits) -> CropError {
    let mut causes =
        std::iter::successors(Some(error.as_ref() as &dyn std::error::Error), |error| error.source());
    match causes.find_map(|cause| cause.downcast_ref::<jxl_grid::OutOfMemory>()) {
        Some(more) => {
            let needed = limits.max_decode_bytes.saturating_add(more.bytes() as u64);
            header.too_much_memory(needed, header.decode_bytes, limits)
        }
        None => broken(&error.to_string()),
    }
}

fn broken(reason: &str) -> CropError {
    CropError::Broken { format: Format::JpegXl, reason: reason.to_owned() }
}

fn truncated() -> CropError {
    CropError::Truncated { format: Format::JpegXl }
}
