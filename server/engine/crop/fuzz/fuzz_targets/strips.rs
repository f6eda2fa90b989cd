//! Any bytes as a JPEG, of which a part is made at once and in strips: the same file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cutline_crop_fuzz::strips(bytes));
