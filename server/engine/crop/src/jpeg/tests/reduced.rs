//! Parts decoded at a fraction of their size: what they become when scaled is what the whole part becomes.

use cutline_model::Size;
use image::{DynamicImage, GenericImageView};
use turbojpeg::Subsamp;

use super::*;
use crate::scale::scale;

/// Mean square of the differences as decibels; more is nearer.
fn likeness(a: &DynamicImage, b: &DynamicImage) -> f64 {
    let (a, b) = (a.to_rgb8().into_raw(), b.to_rgb8().into_raw());
    assert_eq!(a.len(), b.len());
    let squares: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    10.0 * (255.0_f64.powi(2) / (squares / a.len() as f64)).log10()
}

#[test]
fn a_reduced_part_scaled_looks_like_the_part_scaled_wherever_it_begins() {
    let mut random = Random::new(41);
    let mut worst = f64::INFINITY;
    for case in 0..400 {
        let sampling = [Subsamp::None, Subsamp::Sub2x1, Subsamp::Sub2x2, Subsamp::Gray][case % 4];
        let (width, height) = (200 + random.below(300), 200 + random.below(300));
        let is_progressive = case % 3 == 0;
        let (content, quality, is_optimised) = (Content::Smooth, 95, false);
        let kind = Kind { width, height, sampling, content, quality, is_optimised, is_progressive };
        let jpeg = make(kind, &mut random);
        let (left, top) = (random.below(width / 2), random.below(height / 2));
        let region = PixelRegion {
            left,
            top,
            width: 64 + random.below(width - left - 64),
            height: 64 + random.below(height - top - 64),
        };
        let header = header::read(&mut (&jpeg[..]).into(), &CropLimits::default()).expect("a header");
        let limits = CropLimits::default();
        let whole =
            part(&mut (&jpeg[..]).into(), &header, region, &limits).expect("decoded").pixels.into_first();
        for one_in in [2, 4, 8] {
            let size = |side: u32| (side / (2 * one_in)).max(1);
            let size = Size::new(size(region.width), size(region.height)).expect("not empty");
            let reduced =
                reduced(&mut (&jpeg[..]).into(), &header, region, one_in, &limits).expect("decoded");
            let one_in = if sampling == Subsamp::Sub2x1 { one_in / 2 } else { one_in };
            assert!(reduced.picture.width() <= region.width.div_ceil(one_in) + 1);
            let reduced = reduced.scaled(size, &limits).expect("scaled");
            let expected = scale(whole.clone(), size).expect("scaled");
            worst = worst.min(likeness(&reduced, &expected));
        }
    }
    // Of four pixels by four, whose edges are cut elsewhere.
    assert!(worst > 32.0, "{worst:.1} dB");
}

/// Its own blocks alone, decoded by libjpeg-turbo at an eighth.
fn eighth(jpeg: &[u8]) -> Vec<u8> {
    let header = turbojpeg::read_header(jpeg).expect("a JPEG");
    let is_grey = header.colorspace == turbojpeg::Colorspace::Gray;
    let format = if is_grey { PixelFormat::GRAY } else { PixelFormat::RGB };
    let (width, height) = (header.width.div_ceil(8), header.height.div_ceil(8));
    let pitch = width * format.size();
    let mut pixels = vec![0; pitch * height];
    let mut decoder = turbojpeg::Decompressor::new().expect("a decoder");
    decoder.set_scaling_factor(turbojpeg::ScalingFactor::ONE_EIGHTH).expect("a fraction");
    decoder
        .decompress(jpeg, Image { pixels: &mut pixels[..], width, pitch, height, format })
        .expect("decoded");
    pixels
}

/// The whole at an eighth, as it is made here.
fn made_small(jpeg: &[u8], limits: &CropLimits) -> Result<DynamicImage, CropError> {
    let header = header::read(&mut jpeg.into(), limits).expect("a header");
    let region =
        PixelRegion { left: 0, top: 0, width: header.stored.width(), height: header.stored.height() };
    reduced(&mut jpeg.into(), &header, region, 8, limits).map(|reduced| reduced.picture)
}

#[test]
fn an_eighth_of_a_picture_in_several_scans_is_that_of_one_in_one_whatever_is_passed_over() {
    let mut random = Random::new(43);
    let limits = CropLimits::default();
    let script = scan_script("0;1;2;");
    let alone = ["-scans", script.path().to_str().expect("a name")];
    for sampling in [Subsamp::None, Subsamp::Sub2x2, Subsamp::Sub2x1, Subsamp::Gray] {
        for content in [Content::Flat, Content::Smooth, Content::Photograph, Content::Noise] {
            // Where no block reaches beyond, where some do, and where all that does is left.
            for (width, height) in [(160, 96), (161, 95), (160, 90), (150, 96), (20, 20)] {
                let kind = Kind { width, height, sampling, content, ..noise() };
                let plain = make(kind, &mut random);
                let expected = made_small(&plain, &limits).expect("decoded");
                let mut sources = vec![
                    jpegtran(&plain, &["-progressive"]),
                    jpegtran(&plain, &["-progressive", "-restart", "3B"]),
                ];
                sources.extend((sampling != Subsamp::Gray).then(|| jpegtran(&plain, &alone)));
                for jpeg in sources {
                    assert!(made_small(&jpeg, &limits).expect("decoded") == expected, "{kind:?}");
                }
            }
        }
    }
}

#[test]
fn an_eighth_of_a_picture_that_leaves_bits_open_is_guessed_as_for_the_whole() {
    let mut random = Random::new(45);
    let scripts = [
        "0 1 2: 0-0, 0, 0;",
        "0 1 2: 0-0, 0, 1; 0: 1-5, 0, 2; 1: 1-63, 0, 1; 2: 1-63, 0, 1; 0: 6-63, 0, 2; 0: 1-63, 2, 1;",
    ];
    for script in scripts.map(scan_script) {
        for sampling in [Subsamp::None, Subsamp::Sub2x2] {
            let kind = Kind { width: 160, height: 96, sampling, content: Content::Photograph, ..noise() };
            let plain = make(kind, &mut random);
            let jpeg = jpegtran(&plain, &["-scans", script.path().to_str().expect("a name")]);
            let given = made_small(&jpeg, &CropLimits::default()).expect("decoded");
            assert!(given.as_bytes() == eighth(&jpeg), "{sampling:?}");
        }
    }
}

#[test]
fn a_picture_in_several_scans_that_ends_too_early_is_not_made_small() {
    let mut random = Random::new(46);
    for (width, height) in [(160, 96), (161, 95)] {
        let kind = Kind { width, height, sampling: Subsamp::None, ..noise() };
        let jpeg = jpegtran(&make(kind, &mut random), &["-progressive"]);
        let last_scan = jpeg.windows(2).rposition(|bytes| bytes == [0xff, 0xda]).expect("a scan") + 10;
        let header = 700;
        let ends = (1..100).map(|percent| header + (jpeg.len() - header) * percent / 100).chain([last_scan]);
        for end in ends.filter(|end| *end < jpeg.len() - 2) {
            let made = made_small(&jpeg[..end], &CropLimits::default());
            assert!(made.is_err(), "the first {end} bytes of {}", jpeg.len());
        }
    }
}

#[test]
fn a_picture_in_several_scans_too_large_to_be_gathered_can_still_be_made_small() {
    for (width, height) in [(1600, 1200), (1601, 1199)] {
        let kind = Kind { width, height, sampling: Subsamp::None, ..noise() };
        let plain = make(kind, &mut Random::new(44));
        let jpeg = jpegtran(&plain, &["-progressive"]);
        let limits = CropLimits { max_decode_bytes: 4 << 20, ..CropLimits::default() };
        let header = header::read(&mut (&jpeg[..]).into(), &limits).expect("a header");
        let region = PixelRegion { left: 0, top: 0, width, height };
        let quarter = reduced(&mut (&jpeg[..]).into(), &header, region, 4, &limits);
        assert!(matches!(quarter.err(), Some(CropError::TooMuchMemory { .. })));
        let expected = made_small(&plain, &CropLimits::default()).expect("decoded");
        assert!(made_small(&jpeg, &limits).expect("its first coefficients") == expected);
    }
}

/// Libjpeg-turbo holds all blocks of a file in several scans: the small one is such where bits are open, or an MCU has more
/// blocks than a scan of all components may have.
#[test]
fn what_libjpeg_keeps_of_a_picture_in_several_scans_is_counted() {
    let (width, height) = (1600, 1200);
    let blocks: u64 = 3 * 128 * (1600 / 8) * (1200 / 8);
    let plain = make(Kind { width, height, sampling: Subsamp::None, ..noise() }, &mut Random::new(47));
    let open = scan_script("0 1 2: 0-0, 0, 0;");
    let open = jpegtran(&plain, &["-scans", open.path().to_str().expect("a name")]);
    for (max_decode_bytes, is_made) in [(blocks, false), (2 * blocks, true)] {
        let limits = CropLimits { max_decode_bytes, ..CropLimits::default() };
        assert!(made_small(&jpegtran(&plain, &["-progressive"]), &limits).is_ok(), "nothing is open");
        match made_small(&open, &limits) {
            Err(CropError::TooMuchMemory { needed, .. }) => assert!(!is_made && needed > blocks, "{needed}"),
            made => assert!(made.is_ok() && is_made, "{:?}", made.err()),
        }
    }
}

#[test]
fn the_bytes_of_several_scans_are_counted_together() {
    let (width, height) = (160, 96);
    let kind = Kind { width, height, sampling: Subsamp::None, quality: 100, ..noise() };
    let script = scan_script("0 1 2: 0-0, 0, 0; 0: 1-63, 0, 1; 1: 1-63, 0, 1; 2: 1-63, 0, 1;");
    let script = script.path().to_str().expect("a name");
    let jpeg = jpegtran(&make(kind, &mut Random::new(48)), &["-scans", script]);
    let (pixels, blocks, length) = (3 * 160 * 96, 3 * 128 * 20 * 12, jpeg.len() as u64);
    let decoded = |max_decode_bytes| {
        let limits = CropLimits { max_decode_bytes, ..CropLimits::default() };
        let header = header::read(&mut (&jpeg[..]).into(), &limits).expect("a header");
        let region = PixelRegion { left: 0, top: 0, width, height };
        reduced(&mut (&jpeg[..]).into(), &header, region, 1, &limits)
    };
    match decoded(pixels + blocks + length / 2) {
        Err(CropError::TooMuchMemory { needed, limit, .. }) => assert!(needed > limit, "{needed} of {limit}"),
        other => panic!("{:?}", other.err()),
    }
    assert!(decoded(pixels + 2 * blocks + 3 * length).is_ok());
}

fn noise() -> Kind {
    let (sampling, content) = (Subsamp::Sub2x2, Content::Noise);
    Kind {
        width: 800,
        height: 600,
        sampling,
        content,
        quality: 90,
        is_optimised: false,
        is_progressive: false,
    }
}

#[test]
fn a_reduced_part_stays_where_it_was() {
    // A slope of one grey level for each pixel: a part half a pixel off would be half a level off everywhere.
    let slope: Vec<u8> = (0..256).flat_map(|_| (0..256).map(|x| x as u8)).collect();
    let image = Image { pixels: &slope[..], width: 256, pitch: 256, height: 256, format: PixelFormat::GRAY };
    let mut compressor = Compressor::new().expect("a compressor");
    compressor.set_quality(100).expect("a quality");
    compressor.set_subsamp(Subsamp::Gray).expect("a sampling");
    let jpeg = compressor.compress_to_vec(image).expect("a JPEG");
    let limits = CropLimits::default();
    let header = header::read(&mut (&jpeg[..]).into(), &limits).expect("a header");
    for one_in in [2, 4, 8] {
        for left in 30..50 {
            let region = PixelRegion { left, top: 3, width: 192, height: 192 };
            let reduced =
                reduced(&mut (&jpeg[..]).into(), &header, region, one_in, &limits).expect("decoded");
            let size = Size::new(192 / (2 * one_in), 12).expect("not empty");
            let scaled = reduced.scaled(size, &limits).expect("scaled");
            for x in 2..size.width() - 2 {
                let expected = f64::from(left) + (f64::from(x) + 0.5) * f64::from(2 * one_in) - 0.5;
                let given = f64::from(scaled.get_pixel(x, 6).0[0]);
                assert!(
                    (given - expected).abs() <= 1.0,
                    "1 in {one_in}, {left}: {given} at {x}, not {expected}"
                );
            }
        }
    }
}

#[test]
fn colours_keep_their_detail_whatever_their_sampling() {
    // Squares as large as a pixel of the result.
    let mut worst = Vec::new();
    let limits = CropLimits::default();
    for (sampling, allowed) in [
        (Subsamp::None, 12),
        (Subsamp::Sub2x2, 15),
        (Subsamp::Sub2x1, 12),
        (Subsamp::Sub1x2, 12),
        (Subsamp::Sub4x1, 12),
    ] {
        let jpeg =
            compressed(
                800,
                sampling,
                |x, y| {
                    if (x / 8 + y / 8) % 2 == 0 { [220, 30, 40] } else { [30, 40, 220] }
                },
            );
        let header = header::read(&mut (&jpeg[..]).into(), &limits).expect("a header");
        let region = PixelRegion { left: 0, top: 0, width: 800, height: 800 };
        let size = Size::new(100, 100).expect("not empty");
        let whole =
            part(&mut (&jpeg[..]).into(), &header, region, &limits).expect("decoded").pixels.into_first();
        let reduced = reduced(&mut (&jpeg[..]).into(), &header, region, 4, &limits).expect("decoded");
        let reduced = reduced.scaled(size, &limits).expect("scaled").into_rgb8();
        let expected = scale(whole, size).expect("scaled").into_rgb8();
        let off = reduced.iter().zip(expected.iter()).map(|(a, b)| a.abs_diff(*b)).max();
        worst.push((off, allowed, sampling));
    }
    assert!(worst.iter().all(|(off, allowed, _)| *off <= Some(*allowed)), "{worst:?}");
}

/// An RGB picture as a JPEG of the best quality.
fn compressed(side: u32, sampling: Subsamp, colour: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let pixels: Vec<u8> =
        (0..side).flat_map(|y| (0..side).map(move |x| (x, y))).flat_map(|(x, y)| colour(x, y)).collect();
    let length = side as usize;
    let image = Image {
        pixels: &pixels[..],
        width: length,
        pitch: 3 * length,
        height: length,
        format: PixelFormat::RGB,
    };
    let mut compressor = Compressor::new().expect("a compressor");
    compressor.set_quality(100).expect("a quality");
    compressor.set_subsamp(sampling).expect("a sampling");
    compressor.compress_to_vec(image).expect("a JPEG")
}

/// The largest difference of a channel between the region decoded at a fraction and scaled, and decoded fully and scaled.
fn farthest(jpeg: &[u8], region: PixelRegion, one_in: u32) -> u8 {
    let limits = CropLimits::default();
    let header = header::read(&mut jpeg.into(), &limits).expect("a header");
    let side = |side: u32| (side / (2 * one_in)).max(1);
    let size = Size::new(side(region.width), side(region.height)).expect("not empty");
    let whole = part(&mut jpeg.into(), &header, region, &limits).expect("decoded").pixels.into_first();
    let expected = scale(whole, size).expect("scaled").to_rgb8();
    let reduced = reduced(&mut jpeg.into(), &header, region, one_in, &limits).expect("decoded");
    let given = reduced.scaled(size, &limits).expect("scaled").to_rgb8();
    given.iter().zip(expected.iter()).map(|(a, b)| a.abs_diff(*b)).max().expect("not empty")
}

#[test]
fn nothing_beyond_a_hard_edge_shows_in_a_reduced_part() {
    for sampling in [Subsamp::None, Subsamp::Sub2x2, Subsamp::Sub2x1, Subsamp::Sub1x2, Subsamp::Gray] {
        for offset in 0..17 {
            let region = PixelRegion { left: 96 + offset, top: 97, width: 200, height: 200 - offset };
            let jpeg = compressed(400, sampling, |x, y| {
                let is_inside = (region.left..region.left + region.width).contains(&x)
                    && (region.top..region.top + region.height).contains(&y);
                if is_inside { [0; 3] } else { [255; 3] }
            });
            for one_in in [2, 4, 8] {
                let worst = farthest(&jpeg, region, one_in);
                assert!(worst <= 4, "{sampling:?}, {offset}, 1 in {one_in}: {worst}");
            }
        }
    }
}

#[test]
fn what_is_hidden_behind_the_pictures_edge_does_not_show_when_it_is_made_small() {
    let mut jpeg = compressed(256, Subsamp::Sub2x2, |x, y| if x.max(y) < 242 { [0; 3] } else { [255; 3] });
    let frame = jpeg.windows(2).position(|bytes| bytes == [0xff, 0xc0]).expect("a frame header");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0, 242, 0, 242]);
    let region = PixelRegion { left: 0, top: 0, width: 242, height: 242 };
    for one_in in [2, 4, 8] {
        let worst = farthest(&jpeg, region, one_in);
        assert!(worst <= 4, "1 in {one_in}: {worst}");
    }
}

#[test]
fn a_whole_too_large_to_be_decoded_can_still_be_made_small() {
    let mut random = Random::new(5);
    let kind = Kind {
        width: 1600,
        height: 1200,
        sampling: Subsamp::Sub2x2,
        content: Content::Flat,
        quality: 80,
        is_optimised: false,
        is_progressive: false,
    };
    let jpeg = make(kind, &mut random);
    let limits = CropLimits { max_decode_bytes: 5_000_000, ..CropLimits::default() };
    let refused = crate::crop(&jpeg[..], cutline_model::Region::WHOLE, &png(None), &limits);
    assert!(matches!(refused, Err(CropError::TooMuchMemory { .. })), "{refused:?}");
    let small = crate::thumbnail(&jpeg[..], 200, &limits).expect("a thumbnail");
    assert_eq!(small.size, Size::new(200, 150).expect("not empty"));
    let fit = crate::Fit { max_side: Some(300), ..crate::Fit::default() };
    let fitted =
        crate::crop(&jpeg[..], cutline_model::Region::WHOLE, &png(Some(fit)), &limits).expect("a cut");
    assert_eq!(fitted.size, Size::new(300, 225).expect("not empty"));
    assert!(matches!(fitted.changes[..], [crate::Change::Scaled { .. }]), "{:?}", fitted.changes);
}

fn png(fit: Option<crate::Fit>) -> crate::CropOptions {
    crate::CropOptions { format: Some(Format::Png), fit, ..crate::CropOptions::default() }
}
