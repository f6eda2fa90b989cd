//! The oracle on pictures of several hundred kilobytes: more bytes than are held at once, so that the held ones are let go
//! and filled up within a scan, in the middle of its bytes.

use super::*;

/// Several times what is held at once.
const LEAST_BYTES: usize = 250_000;

fn kind(sampling: Subsamp, content: Content, is_progressive: bool) -> Kind {
    let (width, height) = if matches!(content, Content::Noise) { (701, 499) } else { (1501, 1003) };
    let quality = if matches!(content, Content::Noise) { 95 } else { 92 };
    Kind { width, height, sampling, content, quality, is_optimised: width % 2 == 0, is_progressive }
}

/// With restart markers every few MCUs, every row, or nowhere.
fn with_restarts(jpeg: Vec<u8>, interval: &str, is_progressive: bool) -> Vec<u8> {
    match (interval, is_progressive) {
        ("", _) => jpeg,
        (interval, false) => jpegtran(&jpeg, &["-restart", interval]),
        (interval, true) => jpegtran(&jpeg, &["-progressive", "-restart", interval]),
    }
}

#[test]
fn a_part_of_a_large_jpeg_has_the_pixels_of_the_whole() {
    let mut random = Random::new(50);
    for is_progressive in [false, true] {
        for sampling in [Subsamp::None, Subsamp::Sub2x2] {
            for content in [Content::Noise, Content::Photograph] {
                let plain = make(kind(sampling, content, is_progressive), &mut random);
                for interval in ["", "5B", "1"] {
                    let jpeg = with_restarts(plain.clone(), interval, is_progressive);
                    assert!(jpeg.len() > LEAST_BYTES, "{content:?}: {} bytes", jpeg.len());
                    let name = format!("{sampling:?} {content:?} {is_progressive} {interval}");
                    check(&jpeg, &name, 25, &mut random);
                }
            }
        }
    }
}

#[test]
fn scans_of_single_components_of_a_large_jpeg_are_put_together() {
    let mut random = Random::new(51);
    let script = scan_script("0;1;2;");
    let script = script.path().to_str().expect("a name");
    let plain = make(kind(Subsamp::None, Content::Photograph, false), &mut random);
    check(&jpegtran(&plain, &["-scans", script]), "a scan for each", 25, &mut random);
}
