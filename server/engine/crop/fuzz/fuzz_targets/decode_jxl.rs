//! Any bytes as a JPEG XL file, of which a part is cut.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cutline_crop_fuzz::decode(bytes, cutline_crop::Format::JpegXl);
});
