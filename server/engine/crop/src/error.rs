//! Why a picture could not be cut.
//!
//! Every message says what is wrong with the picture and what to do about it; it names no server internals and can be
//! shown to a visitor. Only [`CropError::DecoderFailed`] and [`CropError::EncoderFailed`] are not the picture's fault.
//! They can be serialised, since the cut may be made in another process than the one that tells the visitor.

use std::borrow::Cow;

use cutline_model::Size;
use serde::{Deserialize, Serialize};

use super::{Format, Misfit};

/// Why a picture could not be cut, measured or scaled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum CropError {
    /// The bytes are of a known kind that is not handled, for example an SVG or a CMYK JPEG.
    #[error("this is {what}, which cannot be cut: use {instead}")]
    Unsupported {
        /// What it is, with its article.
        what: Cow<'static, str>,
        /// What to use in its place.
        instead: Cow<'static, str>,
    },
    /// The bytes are of no kind that is known.
    #[error("this file is not a picture: use a JPEG, PNG, WebP, AVIF or GIF picture")]
    NotAPicture,
    /// The bytes stopped coming, for a reason that lies with whoever brings them.
    #[error("the picture could not be read to its end: {reason}")]
    Unreadable {
        /// What the reader said.
        reason: String,
    },
    /// The file ends before the picture does.
    #[error("this {format} picture is incomplete: its file ends too early; use the whole file")]
    Truncated {
        /// What its first bytes say it is.
        format: Format,
    },
    /// The file contradicts itself or its format.
    #[error("this {format} picture is broken ({reason}): save it again in an image editor")]
    Broken {
        /// What its first bytes say it is.
        format: Format,
        /// What is wrong, in a few words.
        reason: String,
    },
    /// More pixels than are decoded.
    #[error("this picture has {size} pixels, more than the {limit} that are handled: use a smaller copy")]
    TooLarge {
        /// Its size as displayed.
        size: Size,
        /// Most pixels handled.
        limit: u64,
    },
    /// Decoding would take more memory than one picture may.
    #[error(
        "decoding {} of {size} pixels takes up to {needed} bytes of memory, more than the {limit} allowed: {}",
        if *.is_of_part { "this part of a picture" } else { "this picture" },
        if *.is_of_part { "choose a smaller region" } else { "use a smaller copy" }
    )]
    TooMuchMemory {
        /// The picture's size as displayed.
        size: Size,
        /// What decoding would take, in bytes.
        needed: u64,
        /// Most bytes allowed.
        limit: u64,
        /// Whether a smaller part of the same picture could be decoded.
        is_of_part: bool,
    },
    /// A progressive JPEG in so many passes that decoding would take seconds.
    #[error(
        "this progressive JPEG has {scans} scans, too many for its size: save it again in an image editor"
    )]
    TooManyScans {
        /// How many were counted before giving up.
        scans: u32,
    },
    /// An animation of more frames than are handled.
    #[error("this animation has more than {limit} frames: use a shorter one")]
    TooManyFrames {
        /// Most frames handled.
        limit: u32,
    },
    /// An animation whose frames together have more pixels than are decoded.
    #[error("this animation has more than {limit} pixels in all its frames: use a shorter or a smaller one")]
    AnimationTooLong {
        /// Most pixels handled.
        limit: u64,
    },
    /// The parts of an animation's frames together would take more memory than one picture may.
    #[error(
        "the first {frames} frames of this part of the animation take more than the {limit} bytes of memory \
         allowed: choose a smaller region, or a shorter animation"
    )]
    AnimationTooBig {
        /// How many frames there were when it was too much.
        frames: usize,
        /// Most bytes allowed.
        limit: u64,
    },
    /// The colour profile is larger than is kept; leaving it out would show other colours.
    #[error(
        "this picture's colour profile is larger than {limit} bytes: save it with a standard one, such as sRGB"
    )]
    ProfileTooLarge {
        /// Most bytes allowed.
        limit: usize,
    },
    /// A JPEG was asked for and the part has transparent pixels, which JPEG cannot hold.
    #[error("this part of the picture has transparent pixels, which JPEG cannot hold: choose png or webp")]
    NoAlphaInJpeg,
    /// The pixels are PQ or HLG and the format asked for cannot say so.
    #[error("this picture is HDR, which only a PNG in full colour keeps: choose png, without tones")]
    HdrNeedsPng,
    /// A JPEG was asked for and the part has a side longer than JPEG can say.
    #[error("JPEG holds at most 65,500 pixels a side, this part has {size}: choose png or a smaller region")]
    TooLongForJpeg {
        /// The part's size.
        size: Size,
    },
    /// A WebP was asked for and the part has a side longer than WebP can say.
    #[error("WebP holds at most 16,383 pixels a side, this part has {size}: choose png or a smaller region")]
    TooLongForWebP {
        /// The part's size.
        size: Size,
    },
    /// The format asked for is not written, or not from this picture: a GIF is cut out of a GIF only, since other
    /// pictures have more colours than it can hold.
    #[error("this picture cannot be written as {format}: choose jpeg, png or webp")]
    CannotWrite {
        /// What was asked for.
        format: Format,
    },
    /// A lossless cut was asked for, of something else than a JPEG or as something else.
    #[error(
        "only a JPEG's own blocks are kept, in a JPEG, not those of a {from} in a {to}: leave lossless away"
    )]
    LosslessNeedsJpeg {
        /// What the picture is.
        from: Format,
        /// What would be written.
        to: Format,
    },
    /// The limits to fit cannot be kept.
    #[error("this part cannot be made to fit: {0}")]
    CannotFit(Misfit),
    /// The part asked for is not inside the picture.
    #[error("the part asked for does not lie inside this picture of {size} pixels: choose one that does")]
    RegionOutside {
        /// The picture's size as displayed.
        size: Size,
    },
    /// The part is to become larger than memory allows.
    #[error(
        "a result of {size} pixels takes {needed} bytes of memory, more than the {limit} allowed: ask for a smaller one"
    )]
    ResultTooLarge {
        /// What was asked for.
        size: Size,
        /// What it would take, in bytes.
        needed: u64,
        /// Most bytes allowed.
        limit: u64,
    },
    /// The quality asked for is not 1..=100.
    #[error("quality {quality} is not between 1 and 100")]
    BadQuality {
        /// What was asked for.
        quality: u8,
    },
    /// Decoding was stopped at its time limit.
    #[error(
        "decoding this picture takes longer than {limit_ms} ms: use a smaller copy, or save it again in an image editor"
    )]
    TooSlow {
        /// Longest time allowed, in milliseconds.
        limit_ms: u64,
    },
    /// A decoder panicked; the picture is refused and the program goes on.
    #[error("this picture could not be decoded: use a smaller copy, or save it again in an image editor")]
    DecoderFailed,
    /// An encoder refused pixels that it should take.
    #[error("the part could not be encoded as {format}: choose another format")]
    EncoderFailed {
        /// What was being written.
        format: Format,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_the_same_after_travelling() {
        let size = Size::new(2, 3).expect("not zero");
        for error in [
            crate::sniff(b"%PDF-1.7").expect_err("a document"),
            CropError::Broken { format: Format::Png, reason: "no palette".to_owned() },
            CropError::TooMuchMemory { size, needed: 4, limit: 5, is_of_part: true },
            CropError::TooSlow { limit_ms: 5000 },
            CropError::DecoderFailed,
        ] {
            let text = serde_json::to_string(&error).expect("plain data");
            assert_eq!(serde_json::from_str(&text).ok(), Some(error), "{text}");
        }
    }
}
