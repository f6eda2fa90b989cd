//! Any text as a region: what is read lies inside, and its own text says the same again.

#![no_main]

use cutline_model::{Region, Size};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(region) = Region::parse(text) else { return };
    let size = Size::new(65_535, 65_535).expect("not zero");
    let pixels = region.to_pixels(size);
    assert!(pixels.left + pixels.width <= 65_535 && pixels.width > 0);
    assert!(pixels.top + pixels.height <= 65_535 && pixels.height > 0);
    let again = Region::parse(&region.fragment().to_string()).expect("its own text");
    // The text rounds to a thousandth of a pixel: an edge in the middle of one may fall to either side.
    let again = again.to_pixels(size);
    assert!(again.left.abs_diff(pixels.left) <= 1 && again.top.abs_diff(pixels.top) <= 1);
});
