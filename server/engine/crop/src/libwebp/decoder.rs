//! Decoding of a rectangle out of one WebP bitstream, as its bytes arrive.
//!
//! libwebp's incremental decoder is told to work on the caller's bytes in place (`WebPIUpdate`), so nothing is copied.
//! It goes on to the picture's last row unless it is left in time: rows are counted after each piece.

use std::ptr::{self, NonNull};

use cutline_model::PixelRegion;
use libwebp_sys as sys;

use crate::CropError;

/// How far a decoder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// All pixels asked for are there.
    Done,
    /// More bytes are needed.
    Waits,
    /// The bytes are not a WebP bitstream.
    Broken,
}

/// A decoder of one rectangle.
pub(crate) struct Decoder {
    decoder: NonNull<sys::WebPIDecoder>,
    /// What `decoder` points to as long as it lives: its options and its output.
    config: NonNull<sys::WebPDecoderConfig>,
    /// What the output points to: never resized, and not looked at before `decoder` is gone.
    pixels: Vec<u8>,
    rows: u32,
    /// How many bytes the last update had, since the next may not have fewer.
    length: usize,
}

impl Decoder {
    /// A decoder of `crop`, whose left and top are even, to RGBA or RGB.
    pub(crate) fn new(crop: PixelRegion, has_alpha: bool) -> Result<Self, CropError> {
        let PixelRegion { left, top, width, height } = crop;
        debug_assert!(left % 2 == 0 && top % 2 == 0, "libwebp rounds odd offsets down");
        let number = |value: u32| i32::try_from(value).map_err(|_| CropError::DecoderFailed);
        let channels = if has_alpha { 4 } else { 3 };
        let mut pixels = vec![0; width as usize * height as usize * channels];

        let mut config = sys::WebPDecoderConfig::new().map_err(|()| CropError::DecoderFailed)?;
        config.options.use_cropping = 1;
        config.options.crop_left = number(left)?;
        config.options.crop_top = number(top)?;
        config.options.crop_width = number(width)?;
        config.options.crop_height = number(height)?;
        config.output.colorspace =
            if has_alpha { sys::WEBP_CSP_MODE::MODE_RGBA } else { sys::WEBP_CSP_MODE::MODE_RGB };
        config.output.is_external_memory = 1;
        config.output.u.RGBA = sys::WebPRGBABuffer {
            rgba: pixels.as_mut_ptr(),
            stride: number(width)? * channels as i32,
            size: pixels.len(),
        };
        let config = NonNull::from(Box::leak(Box::new(config)));
        // SAFETY: no bytes are given, and `config` is initialised; it stays where it is until `Drop` frees it, after the
        // decoder. Its output is `pixels`, whose heap memory neither moves nor shrinks as long as the decoder lives,
        // and libwebp refuses to begin when size or stride do not fit the rectangle.
        let decoder = unsafe { sys::WebPIDecode(ptr::null(), 0, config.as_ptr()) };
        let Some(decoder) = NonNull::new(decoder) else {
            // SAFETY: it came from a `Box` above, and no decoder points to it.
            drop(unsafe { Box::from_raw(config.as_ptr()) });
            return Err(CropError::DecoderFailed);
        };
        Ok(Self { decoder, config, pixels, rows: height, length: 0 })
    }

    /// Goes on with `bytes`: the bitstream's beginning, what was there before and more.
    pub(crate) fn update(&mut self, bytes: &[u8]) -> Progress {
        if bytes.len() < self.length {
            return Progress::Broken;
        }
        self.length = bytes.len();
        // SAFETY: the decoder is alive, and reads `bytes` within their length and only during this call: when the next
        // one brings them from another place, it moves its own pointers by the difference without following them.
        let status = unsafe { sys::WebPIUpdate(self.decoder.as_ptr(), bytes.as_ptr(), bytes.len()) };
        match status {
            sys::VP8StatusCode::VP8_STATUS_OK => Progress::Done,
            sys::VP8StatusCode::VP8_STATUS_SUSPENDED => {
                if self.rows_done() >= self.rows {
                    Progress::Done
                } else {
                    Progress::Waits
                }
            }
            _ => Progress::Broken,
        }
    }

    /// The pixels, row by row.
    pub(crate) fn into_pixels(mut self) -> Vec<u8> {
        // Once it is dropped, right after this, nobody writes into them any more.
        std::mem::take(&mut self.pixels)
    }

    fn rows_done(&self) -> u32 {
        let mut rows = 0;
        // SAFETY: the decoder is alive; of the four numbers only the last is asked for, and null says so for the others.
        unsafe {
            let none = ptr::null_mut();
            sys::WebPIDecodedArea(self.decoder.as_ptr(), none, none, none, &raw mut rows);
        }
        u32::try_from(rows).unwrap_or(0)
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: both were made by `new`, and this is the only place where they are given back: the decoder first,
        // since it points to the other. The pixels are ours; libwebp frees no external memory.
        unsafe {
            sys::WebPIDelete(self.decoder.as_ptr());
            drop(Box::from_raw(self.config.as_ptr()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_webp_are_broken_and_half_ones_wait() {
        let crop = PixelRegion { left: 0, top: 0, width: 4, height: 4 };
        let mut decoder = Decoder::new(crop, true).expect("a decoder");
        assert_eq!(decoder.update(b"VP8 "), Progress::Waits);
        assert_eq!(
            decoder.update(b"VP8 \xff\xff\xff\xffwhatever this is, it is no picture"),
            Progress::Broken
        );
        assert_eq!(decoder.update(b"VP8 "), Progress::Broken, "fewer bytes than before");
    }
}
