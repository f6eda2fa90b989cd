//! Any bytes as a picture that is made small: a thumbnail of it, and a rendition of a part.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cutline_crop_fuzz::small(bytes));
