//! Lossless parts by the thousand, against the transform of libjpeg-turbo in this process.

use turbojpeg::{Transform, TransformCrop, Transformer};

use super::*;

/// What `jpegtran -crop` does, from an MCU's corner on.
fn transformed(jpeg: &[u8], taken: PixelRegion) -> Vec<u8> {
    let PixelRegion { left, top, width, height } = taken;
    let [x, y] = [left, top].map(|side| side as usize);
    let mut transform = Transform::default();
    transform.crop = Some(TransformCrop { x, y, width: Some(width as usize), height: Some(height as usize) });
    transform.copy_none = true;
    transform.optimize = true;
    Transformer::new().expect("a transformer").transform_to_vec(&transform, jpeg).expect("a part")
}

#[test]
fn thousands_of_lossless_parts_have_the_pixels_of_libjpeg_turbos() {
    let mut random = Random::new(12);
    let limits = CropLimits::default();
    let mut count = 0;
    for kind in kinds(false).into_iter().chain(kinds(true)) {
        let source = make(kind, &mut random);
        for _ in 0..8 {
            let region = random.region(kind.width, kind.height);
            let mut bytes = Source::from(&source);
            let header = header::read(&mut bytes, &limits).expect("a JPEG");
            let Lossless { bytes: part, pixels: taken, .. } =
                lossless(&mut bytes, &header, region, &limits).expect("a part");
            assert!(taken.left <= region.left && taken.top <= region.top, "{kind:?}, {region:?}");
            assert!(region.left - taken.left < 32 && region.top - taken.top < 32, "{kind:?}, {region:?}");
            assert!(whole(&part) == whole(&transformed(&source, taken)), "{kind:?}, {region:?}");
            count += 1;
        }
    }
    assert!(count > 3000, "{count}");
}

#[test]
fn a_progressive_file_becomes_no_larger_than_libjpeg_turbo_makes_it_with_tables_of_its_own() {
    let mut random = Random::new(9);
    for kind in kinds(true).into_iter().filter(|kind| kind.width > 64) {
        let source = make(kind, &mut random);
        let limits = CropLimits::default();
        let mut bytes = Source::from(&source);
        let header = header::read(&mut bytes, &limits).expect("a JPEG");
        let all = PixelRegion { left: 0, top: 0, width: kind.width, height: kind.height };
        let ours = lossless(&mut bytes, &header, all, &limits).expect("the whole").bytes;
        let theirs = jpegtran(&source, &["-copy", "none", "-optimize"]);
        assert!(whole(&ours) == whole(&theirs), "{kind:?}");
        // It has a second table for DC.
        assert!(
            ours.len() <= theirs.len() + theirs.len() / 100,
            "{kind:?}: {} for {}",
            ours.len(),
            theirs.len()
        );
    }
}
