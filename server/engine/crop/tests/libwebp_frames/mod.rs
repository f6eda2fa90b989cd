//! The frames of an animated WebP as libwebp composes them, for the tests of all that becomes one.
//!
//! It is the reference because the other decoder, `image`'s, takes frames away only when a background colour was set by
//! hand (`image-webp` 0.2.4, `read_frame`): what was taken away stays there. libwebp's compositor and browsers make it
//! transparent, as the container specification says.

#![expect(unsafe_code, reason = "the reference is libwebp itself")]

use image::RgbaImage;
use libwebp_sys as sys;

/// What libwebp's own compositor shows, and until when in milliseconds.
pub(crate) fn libwebp_frames(file: &[u8]) -> Vec<(RgbaImage, i32)> {
    let mut frames = Vec::new();
    // SAFETY: the file outlives the decoder, and each canvas is copied before the next is asked for.
    unsafe {
        let mut options = std::mem::MaybeUninit::zeroed();
        assert!(sys::WebPAnimDecoderOptionsInit(options.as_mut_ptr()) != 0);
        let data = sys::WebPData { bytes: file.as_ptr(), size: file.len() };
        let decoder = sys::WebPAnimDecoderNew(&raw const data, options.as_ptr());
        assert!(!decoder.is_null(), "libwebp reads it");
        let mut info = sys::WebPAnimInfo::default();
        sys::WebPAnimDecoderGetInfo(decoder, &raw mut info);
        let length = info.canvas_width as usize * info.canvas_height as usize * 4;
        while sys::WebPAnimDecoderHasMoreFrames(decoder) != 0 {
            let (mut canvas, mut end_ms) = (std::ptr::null_mut(), 0);
            assert!(sys::WebPAnimDecoderGetNext(decoder, &raw mut canvas, &raw mut end_ms) != 0);
            let copy = std::slice::from_raw_parts(canvas, length).to_vec();
            let picture = RgbaImage::from_raw(info.canvas_width, info.canvas_height, copy);
            frames.push((picture.expect("all pixels"), end_ms));
        }
        sys::WebPAnimDecoderDelete(decoder);
    }
    frames
}
