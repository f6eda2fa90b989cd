//! Writing a WebP through libwebp: lossless when the source is, else lossy; one picture or all frames of an animation.
//!
//! 8 bits a channel; chroma of a lossy one is halved, the format knows no other. The colour profile stands in the
//! extended form of the file (`VP8X`, `ICCP`), which is written here around what libwebp made. Source: the WebP
//! container specification.

use std::time::Duration;

use image::DynamicImage;

use super::Effort;
use crate::decode::is_opaque;
use crate::header::Header;
use crate::libwebp::{self, AnimationEncoder, Kind, Pixels, Settings};
use crate::part::{Animation, Part};
use crate::{CropError, Format};

/// The longest side that fits the 14 bits of a frame's header.
pub(crate) const MAX_SIDE: u32 = 16_383;
/// How long a frame can stand: what 24 bits hold of milliseconds, less what rounding adds; four hours and a half. What stands
/// longer elsewhere, a day in an APNG, is changed a little sooner.
const LONGEST: Duration = Duration::from_millis((1 << 24) - 2);
/// `RIFF`, length, `WEBP`.
const RIFF_BYTES: usize = 12;
const ICC_FLAG: u8 = 0x20;
const ALPHA_FLAG: u8 = 0x10;

/// Writes `part`, with the profile that `header` holds.
pub(super) fn encode(part: Part, effort: Effort, header: &Header) -> Result<Vec<u8>, CropError> {
    let kind = if header.is_lossless { Kind::Lossless } else { Kind::Lossy(effort.quality) };
    let settings = Settings { kind, is_patient: effort.is_patient };
    let profile = header.profile.as_deref();
    match part {
        Part::Still(picture) => still(picture, settings, profile),
        Part::Moving(animation) => moving(animation, settings, profile),
    }
}

fn still(picture: DynamicImage, settings: Settings, profile: Option<&[u8]>) -> Result<Vec<u8>, CropError> {
    check_sides(&picture)?;
    let picture = if picture.color().has_alpha() && !is_opaque(&picture) {
        DynamicImage::ImageRgba8(picture.into_rgba8())
    } else {
        DynamicImage::ImageRgb8(picture.into_rgb8())
    };
    let pixels = pixels(&picture);
    let settings = settings.for_alpha(pixels.has_alpha);
    let file = libwebp::encode(pixels, settings).ok_or_else(failed)?;
    match profile {
        Some(profile) => with_profile(&file, pixels, profile).ok_or_else(failed),
        None => Ok(file),
    }
}

fn moving(animation: Animation, settings: Settings, profile: Option<&[u8]>) -> Result<Vec<u8>, CropError> {
    let Animation { frames, plays } = animation;
    let first = frames.first().map(|frame| &frame.picture).ok_or_else(failed)?;
    check_sides(first)?;
    let plays = u16::try_from(plays).unwrap_or(u16::MAX);
    let has_alpha = frames.iter().any(|frame| !is_opaque(&frame.picture));
    // What stays from one frame to the next is transparent to libwebp: 60 opaque frames of 480x360 took 15 s with patience.
    let settings = Settings { is_patient: false, ..settings };
    let mut encoder =
        AnimationEncoder::new(first.width(), first.height(), plays, settings).ok_or_else(failed)?;
    // Times are rounded once they are summed: thirty frames of a thirtieth take a second.
    let mut begin = Duration::ZERO;
    let longest = LONGEST.min(Duration::from_millis(i32::MAX as u64) / frames.len() as u32);
    for frame in frames {
        let picture = DynamicImage::ImageRgba8(frame.picture.into_rgba8());
        encoder.add(pixels(&picture), milliseconds(begin)?).ok_or_else(failed)?;
        begin += frame.duration.min(longest);
    }
    let mut file = encoder.finish(milliseconds(begin)?, profile).ok_or_else(failed)?;
    if has_alpha {
        declare_alpha(&mut file);
    }
    Ok(file)
}

/// Says in the extended header that pixels are transparent. libwebp says so only when a rectangle that it wrote has alpha,
/// and not where what is transparent is what a frame left out; readers that go by the flag showed that black.
fn declare_alpha(file: &mut [u8]) {
    if let Some([b'V', b'P', b'8', b'X', _, _, _, _, flags, ..]) = file.get_mut(RIFF_BYTES..) {
        *flags |= ALPHA_FLAG;
    }
}

/// The nearest whole number of them.
fn milliseconds(time: Duration) -> Result<i32, CropError> {
    i32::try_from((time.as_micros() + 500) / 1000).map_err(|_| failed())
}

fn pixels(picture: &DynamicImage) -> Pixels<'_> {
    let (width, height) = (picture.width(), picture.height());
    Pixels { samples: picture.as_bytes(), width, height, has_alpha: picture.color().has_alpha() }
}

fn check_sides(picture: &DynamicImage) -> Result<(), CropError> {
    let (width, height) = (picture.width(), picture.height());
    if width > MAX_SIDE || height > MAX_SIDE {
        let size = cutline_model::Size::new(width, height).expect("a part is never empty");
        return Err(CropError::TooLongForWebP { size });
    }
    Ok(())
}

/// The file in its extended form, with `profile` before the picture.
fn with_profile(file: &[u8], pixels: Pixels<'_>, profile: &[u8]) -> Option<Vec<u8>> {
    let chunks = file.get(RIFF_BYTES..)?;
    // A lossy picture with alpha has the extended form already.
    let chunks = if chunks.starts_with(b"VP8X") { chunks.get(8 + 10..)? } else { chunks };
    let flags = ICC_FLAG | if pixels.has_alpha { ALPHA_FLAG } else { 0 };
    let mut extended = vec![flags, 0, 0, 0];
    for side in [pixels.width, pixels.height] {
        extended.extend(&side.checked_sub(1)?.to_le_bytes()[..3]);
    }
    let mut bytes = b"RIFF\0\0\0\0WEBP".to_vec();
    for (kind, payload) in [(b"VP8X", &extended[..]), (b"ICCP", profile)] {
        bytes.extend(kind);
        bytes.extend(u32::try_from(payload.len()).ok()?.to_le_bytes());
        bytes.extend(payload);
        bytes.extend(&[0][..payload.len() % 2]);
    }
    bytes.extend(chunks);
    let length = u32::try_from(bytes.len() - 8).ok()?;
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    Some(bytes)
}

fn failed() -> CropError {
    CropError::EncoderFailed { format: Format::WebP }
}

#[cfg(test)]
mod tests {
    use image::RgbaImage;

    use super::*;
    use crate::part::Frame;

    /// How long the frames of an animated WebP last together, in milliseconds.
    fn duration_ms(file: &[u8]) -> u32 {
        let (mut at, mut sum) = (RIFF_BYTES, 0);
        while let Some([a, b, c, d, l0, l1, l2, l3, payload @ ..]) = file.get(at..) {
            let length = u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize;
            if [*a, *b, *c, *d] == *b"ANMF" {
                sum += u32::from_le_bytes([payload[12], payload[13], payload[14], 0]);
            }
            at += 8 + length.next_multiple_of(2);
        }
        sum
    }

    /// A frame of 64 by 48 in two colours.
    fn half(left: [u8; 4], right: [u8; 4]) -> DynamicImage {
        RgbaImage::from_fn(64, 48, |x, _| image::Rgba(if x < 32 { left } else { right })).into()
    }

    #[test]
    fn an_animation_says_that_it_has_alpha_wherever_a_pixel_is_not_opaque() {
        const RED: [u8; 4] = [200, 0, 0, 255];
        const BLUE: [u8; 4] = [0, 0, 200, 255];
        for (second, expected) in [(half(BLUE, [0; 4]), ALPHA_FLAG), (half(BLUE, RED), 0)] {
            for kind in [Kind::Lossless, Kind::Lossy(80)] {
                let frame = |picture| Frame { picture, duration: Duration::from_millis(100) };
                let frames = vec![frame(half(RED, RED)), frame(second.clone())];
                let settings = Settings { kind, is_patient: false };
                let file = moving(Animation { frames, plays: 0 }, settings, None).expect("written");
                assert_eq!(&file[RIFF_BYTES..RIFF_BYTES + 4], b"VP8X");
                assert_eq!(file[RIFF_BYTES + 8] & ALPHA_FLAG, expected, "{kind:?}");
            }
        }
    }

    #[test]
    fn no_patience_is_spent_on_alpha() {
        let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503 * (x + 7))) >> 9;
        let picture =
            RgbaImage::from_fn(90, 70, |x, y| image::Rgba([x as u8, y as u8, 90, noise(x, y) as u8]));
        let made = |picture: DynamicImage, is_patient| {
            still(picture, Settings { kind: Kind::Lossy(80), is_patient }, None).expect("written")
        };
        assert!(made(picture.clone().into(), true) == made(picture.clone().into(), false));
        let opaque = DynamicImage::from(DynamicImage::from(picture).into_rgb8());
        assert!(made(opaque.clone(), true) != made(opaque, false));
    }

    #[test]
    fn no_patience_is_spent_on_what_moves() {
        let made = |is_patient| {
            let frame = |shade: u8| Frame {
                picture: RgbaImage::from_fn(64, 48, |x, y| {
                    image::Rgba([x as u8 ^ shade, y as u8, shade, 255])
                })
                .into(),
                duration: Duration::from_millis(100),
            };
            let animation = Animation { frames: vec![frame(0), frame(7), frame(90)], plays: 0 };
            moving(animation, Settings { kind: Kind::Lossy(80), is_patient }, None).expect("written")
        };
        assert!(made(true) == made(false));
    }

    #[test]
    fn frames_stand_as_long_as_the_format_can_say_where_they_should_stand_longer() {
        let made = |count: u8, seconds| {
            let frames = (0..count).map(|index| Frame {
                picture: RgbaImage::from_pixel(2, 2, image::Rgba([index, 0, 0, 255])).into(),
                duration: Duration::from_secs(seconds),
            });
            let animation = Animation { frames: frames.collect(), plays: 0 };
            let settings = Settings { kind: Kind::Lossless, is_patient: false };
            duration_ms(&moving(animation, settings, None).expect("written"))
        };
        assert_eq!(made(2, 16_000), 32_000_000);
        assert_eq!(made(2, 65_535), 2 * ((1 << 24) - 2));
        // All together as well: libwebp counts milliseconds in 31 bits.
        assert!(made(200, 65_535) > i32::MAX as u32 - 200);
    }

    #[test]
    fn thirty_frames_of_a_thirtieth_take_a_second() {
        let frames = (0..30).map(|index| Frame {
            picture: RgbaImage::from_pixel(8, 8, image::Rgba([index * 8, 0, 0, 255])).into(),
            duration: Duration::from_nanos(33_333_333),
        });
        let animation = Animation { frames: frames.collect(), plays: 0 };
        let settings = Settings { kind: Kind::Lossless, is_patient: false };
        assert_eq!(duration_ms(&moving(animation, settings, None).expect("written")), 1000);
    }
}
