//! Any bytes as the beginning of any file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let found = cutline_crop::sniff(bytes);
    // What lies behind the first kilobyte tells nothing.
    assert_eq!(cutline_crop::sniff(&bytes[..bytes.len().min(1024)]), found);
});
