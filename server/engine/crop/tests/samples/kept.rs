//! Files kept beside the tests, and what another program makes of them: a folder for each format.

use cutline_crop::{CropError, CropLimits, CropOptions, Cut, Format, crop};
use cutline_model::{Region, Size};
use image::DynamicImage;

/// The file `name` of the folder that is called by the `kind` of its files.
pub(crate) fn kept(name: &str, kind: &str) -> Vec<u8> {
    read(&format!("{kind}/{name}.{kind}"))
}

/// What another program makes of it.
pub(crate) fn by_another(name: &str, kind: &str) -> DynamicImage {
    image::load_from_memory(&read(&format!("{kind}/{name}.png"))).expect("a PNG")
}

fn read(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/samples/{path}", env!("CARGO_MANIFEST_DIR"))).expect(path)
}

pub(crate) fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("test sizes are not zero")
}

/// The part as a PNG, which keeps everything.
pub(crate) fn cut_png(source: &[u8], region: Region) -> Result<Cut, CropError> {
    let options = CropOptions { format: Some(Format::Png), ..CropOptions::default() };
    crop(source, region, &options, &CropLimits::default())
}

pub(crate) fn decoded(cut: &Cut) -> DynamicImage {
    image::load_from_memory(&cut.bytes).expect("a file of ours")
}

/// The largest difference of two samples, of 65,535, as they are seen on black.
pub(crate) fn difference(ours: &DynamicImage, theirs: &DynamicImage) -> u32 {
    let (ours, theirs) = (ours.to_rgba16(), theirs.to_rgba16());
    assert_eq!(ours.dimensions(), theirs.dimensions());
    let seen = |pixel: &image::Rgba<u16>, i: usize| {
        let opacity = if i == 3 { 65_535 } else { u32::from(pixel.0[3]) };
        (u64::from(pixel.0[i]) * u64::from(opacity) / 65_535) as u32
    };
    let pixels = ours.pixels().zip(theirs.pixels());
    pixels.flat_map(|(a, b)| (0..4).map(|i| seen(a, i).abs_diff(seen(b, i)))).max().unwrap_or(0)
}
