//! Any bytes as the header of a JPEG XL file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cutline_crop_fuzz::header(bytes, cutline_crop::Format::JpegXl));
