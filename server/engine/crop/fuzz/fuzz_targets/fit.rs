//! Any bytes as a picture, of which a part is cut, made to fit and written as a JPEG, a WebP or a PNG.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cutline_crop_fuzz::fit(bytes));
