//! Any bytes as a JPEG, of which a part is cut, exactly and without loss: the same pixels as libjpeg-turbo's, where both
//! read it.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cutline_crop_fuzz::walker(bytes);
    cutline_crop_fuzz::lossless(bytes);
});
