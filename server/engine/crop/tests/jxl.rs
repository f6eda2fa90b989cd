//! JPEG XL: each kind as libjxl decodes it, every part of it as the whole, turned as the file says; frames and their times.

mod libwebp_frames;
mod samples;

use cutline_crop::{Change, CropError, CropLimits, CropOptions, Format, Source, crop, measure};
use cutline_model::{PixelRegion, Region};
use libwebp_frames::libwebp_frames;
use proptest::prelude::*;
use samples::kept::*;

/// The kinds, by what each file is called, and how far from libjxl their samples may be, of 255.
const KINDS: [(&str, f32); 31] = [
    ("lossy", 1.0),
    ("lossless", 0.0),
    ("squeezed", 0.0),
    ("alpha", 0.0),
    ("alpha-lossy", 1.0),
    ("alpha-groups", 2.0),
    ("grey", 0.0),
    ("grey-lossy", 1.0),
    ("grey-alpha", 0.0),
    ("deep", 0.0),
    ("deep-lossy", 0.1),
    ("from-jpeg", 1.0),
    ("progressive", 1.0),
    ("groups", 1.0),
    ("groups-lossless", 0.0),
    ("wide", 0.0),
    ("p3", 0.0),
    ("p3-lossy", 2.0),
    ("wide-lossy", 2.0),
    ("rec2020-lossy", 1.0),
    ("bright-lossy", 1.0),
    ("bright-grey-lossy", 1.0),
    ("bright-wide-lossy", 2.0),
    ("gamma", 0.0),
    ("boxed", 1.0),
    ("icc", 0.0),
    // libjxl 0.7 makes these sRGB: to the pictures that they were made of.
    ("adobe-lossy", 6.0),
    ("icc-lossy", 22.0),
    ("turned", 1.0),
    ("premultiplied", 1.0),
    ("moving", 0.0),
];

fn file(name: &str) -> Vec<u8> {
    kept(name, "jxl")
}

#[test]
fn every_kind_has_the_pixels_that_libjxl_gives() {
    for (name, allowed) in KINDS.into_iter().filter(|&(name, _)| name != "moving") {
        let (jxl, theirs) = (file(name), by_another(name, "jxl"));
        let part = cut_png(&jxl, Region::WHOLE).expect(name);
        assert_eq!(part.source_size, size(theirs.width(), theirs.height()), "{name}");
        let off = difference(&decoded(&part), &theirs);
        assert!(off as f32 <= allowed * 257.0, "{name} is {off} off");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_part_has_the_pixels_of_the_whole(
        kind in 0..KINDS.len(), a in 0.0..1.0, b in 0.0..1.0, c in 0.01..1.0, d in 0.01..1.0,
    ) {
        let (name, _) = KINDS[kind];
        let jxl = file(name);
        let region = Region::new(a * (1.0 - c), b * (1.0 - d), c, d).expect("inside");
        let whole = decoded(&cut_png(&jxl, Region::WHOLE).expect("a sound file"));
        let part = cut_png(&jxl, region).expect("a sound file");
        let PixelRegion { left, top, width, height } = part.region;
        prop_assert!(decoded(&part) == whole.crop_imm(left, top, width, height), "{}: other pixels", name);
    }
}

#[test]
fn a_part_is_written_as_what_is_nearest_to_its_source() {
    let written = |name| {
        crop(&file(name), Region::WHOLE, &CropOptions::default(), &CropLimits::default()).expect(name).format
    };
    assert_eq!(["lossy", "grey-lossy", "from-jpeg", "p3-lossy"].map(written), [Format::Jpeg; 4]);
    assert_eq!(["alpha-lossy", "moving"].map(written), [Format::WebP; 2]);
    assert_eq!(["lossless", "alpha", "squeezed", "wide"].map(written), [Format::Png; 4]);
    let deep = cut_png(&file("deep-lossy"), Region::WHOLE).expect("a sound file");
    assert_eq!(decoded(&deep).color(), image::ColorType::Rgb16, "a PNG keeps what 8 bits do not hold");
}

#[test]
fn colours_stay_what_is_declared_and_hdr_with_loss_is_refused() {
    let holds = |name, mark: &[u8]| {
        let part = cut_png(&file(name), Region::WHOLE).expect(name);
        part.bytes.windows(mark.len()).any(|window| window == mark)
    };
    assert!(holds("wide", b"cICP\x09\x10\0\x01"));
    for name in ["p3", "p3-lossy", "wide-lossy", "bright-wide-lossy"] {
        assert!(holds(name, b"cICP\x0c\x0d\0\x01"), "{name}: P3 with the white of screens");
    }
    assert!(holds("rec2020-lossy", b"cICP\x09\x01\0\x01"));
    for name in ["icc", "gamma", "icc-lossy", "adobe-lossy"] {
        assert!(holds(name, b"iCCP"), "{name}");
    }
    for name in ["lossy", "bright-lossy", "bright-grey-lossy", "lossless"] {
        assert!(!holds(name, b"iCCP") && !holds(name, b"cICP"), "{name}");
    }
    // Two greens of which sRGB has one.
    let wide = decoded(&cut_png(&file("wide-lossy"), Region::WHOLE).expect("a sound file")).into_rgb8();
    let (one, other) = (wide.get_pixel(20, 4), wide.get_pixel(20, 12));
    assert!(one.0[0] < 20 && other.0[0] > 70, "{one:?}, {other:?}");
    let refused = cut_png(&file("hdr-lossy"), Region::WHOLE).expect_err("it has no colours of its own");
    assert!(matches!(refused, CropError::Unsupported { .. }), "{refused:?}");
}

#[test]
fn frames_are_cut_one_by_one_and_keep_their_times() {
    let jxl = file("moving");
    let region = Region::new(0.1, 0.2, 0.5, 0.5).expect("inside");
    let part = crop(&jxl, region, &CropOptions::default(), &CropLimits::default()).expect("a sound file");
    let frames = libwebp_frames(&part.bytes);
    let times: Vec<i32> = frames.iter().map(|&(_, end)| end).collect();
    assert_eq!(times, [100, 250, 450, 700], "when each ends");
    // The second frame is the first moved by 7 pixels.
    let first = cut_png(&jxl, Region::WHOLE).expect("a sound file");
    assert_eq!(first.changes, []);
    let options = CropOptions { format: Some(Format::Jpeg), ..CropOptions::default() };
    let still = crop(&jxl, region, &options, &CropLimits::default()).expect("a sound file");
    assert_eq!(still.changes, [Change::FirstFrameOnly]);
    let few = CropLimits { max_frames: 3, ..CropLimits::default() };
    assert_eq!(
        crop(&jxl, region, &CropOptions::default(), &few).expect_err("there are four"),
        CropError::TooManyFrames { limit: 3 }
    );
}

/// A bare codestream in boxes: others before it, then in this many parts.
fn boxed(codestream: &[u8], others: &[(&[u8; 4], &[u8])], parts: usize) -> Vec<u8> {
    let mut file = b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl ".to_vec();
    let mut add = |kind: &[u8; 4], payload: &[u8]| {
        file.extend(((payload.len() + 8) as u32).to_be_bytes());
        file.extend([&kind[..], payload].concat());
    };
    for (kind, payload) in others {
        add(kind, payload);
    }
    let length = codestream.len().div_ceil(parts);
    for (number, part) in codestream.chunks(length).enumerate() {
        let last = if (number + 1) * length >= codestream.len() { 1 << 31 } else { 0 };
        add(b"jxlp", &[&(number as u32 | last).to_be_bytes()[..], part].concat());
    }
    file
}

#[test]
fn boxes_are_passed_and_the_parts_of_a_picture_put_together() {
    let bare = file("lossy");
    let whole = cut_png(&bare, Region::WHOLE).expect("a sound file");
    for parts in [1, 2, 7, bare.len()] {
        let jxl = boxed(&bare, &[(b"free", &[7; 70_000]), (b"jbrd", b"something")], parts);
        for source in [Source::from(&jxl[..]), Source::arriving(&jxl[..])] {
            let options = CropOptions { format: Some(Format::Png), ..CropOptions::default() };
            let cut = crop(source, Region::WHOLE, &options, &CropLimits::default()).expect("a sound file");
            assert!(cut.bytes == whole.bytes, "{parts} parts");
        }
    }
    let mut confused = boxed(&bare, &[], 2);
    let second = confused.len() - bare.len() / 2;
    confused[second - 1] = 5;
    assert!(matches!(cut_png(&confused, Region::WHOLE), Err(CropError::Broken { .. })));
}

/// Found by fuzzing its header: the curve of its colours is a power of nothing.
#[test]
fn colours_of_no_curve_are_refused() {
    let mut jxl = b"\xff\x0a\x88\x7a\x2a\0\x09\0\0\0\0\0\0\x02\xc7\xc0\0\0\x0a\x88\x21\xcc\x60".to_vec();
    jxl.resize(160, 0);
    let error = cut_png(&jxl, Region::WHOLE).expect_err("no colours");
    assert!(error.to_string().contains("unusual colours"), "{error}");
}

/// Found by fuzzing its header: with its last bits not there yet, a coded profile was another.
#[test]
fn no_beginning_of_a_file_has_another_header_than_the_whole() {
    for jxl in [file("broken-profile"), file("icc"), file("icc-lossy")] {
        let whole = measure(&jxl, &CropLimits::default());
        for length in 12..jxl.len() {
            match measure(&jxl[..length], &CropLimits::default()) {
                Err(CropError::Truncated { .. }) => {}
                beginning => assert_eq!(beginning, whole, "{length} of {}", jxl.len()),
            }
        }
    }
}

#[test]
fn it_makes_no_difference_how_a_file_arrives() {
    for (name, _) in KINDS.into_iter().filter(|(name, _)| !name.starts_with("groups")) {
        let jxl = file(name);
        let options = CropOptions::default();
        let whole = crop(&jxl, Region::WHOLE, &options, &CropLimits::default()).expect(name);
        let arrived = crop(Source::arriving(Trickle(&jxl)), Region::WHOLE, &options, &CropLimits::default());
        assert!(arrived.expect(name).bytes == whole.bytes, "{name}");
    }
}

#[test]
fn who_made_it_goes_into_the_record_and_not_into_the_file() {
    let exif = [&[0; 4][..], &samples::exif_by("Ada Lovelace")].concat();
    let xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
        <rdf:Description xmlns:cc='http://creativecommons.org/ns#'>\
        <cc:license rdf:resource='https://creativecommons.org/licenses/by/4.0/'/></rdf:Description></rdf:RDF></x:xmpmeta>";
    let plain = boxed(&file("lossy"), &[(b"Exif", &exif), (b"xml ", xmp)], 1);
    let credit = |jxl: &[u8]| {
        let part = cut_png(jxl, Region::WHOLE).expect("a sound file");
        assert!(!part.bytes.windows(8).any(|window| window == b"Lovelace"));
        (part.credit.author, part.credit.licence)
    };
    assert_eq!(credit(&plain), ("Ada Lovelace".to_owned(), "CC BY 4.0".to_owned()));
    // In this one Brotli packed the Exif.
    assert_eq!(credit(&file("turned")).0, "Ada Lovelace");
    // Nothing says nothing.
    let broken = boxed(
        &file("lossy"),
        &[(b"Exif", b"\xff\xff\xff\xff"), (b"brob", b"Exif\xff\xff"), (b"brob", b"x")],
        1,
    );
    assert_eq!(credit(&broken), (String::new(), String::new()));
}

#[test]
fn what_stands_behind_the_picture_is_not_waited_for() {
    let mut jxl = boxed(&file("lossy"), &[], 1);
    jxl.extend([&300_008_u32.to_be_bytes()[..], b"free", &[7; 300_000]].concat());
    let part =
        crop(Source::arriving(&jxl[..]), Region::WHOLE, &CropOptions::default(), &CropLimits::default());
    let read = part.expect("a sound file").stats.bytes_read;
    assert!(read <= 64 << 10, "{read} of {}", jxl.len());
}

#[test]
fn a_file_cut_short_is_refused_wherever_it_was_cut() {
    for jxl in
        [file("lossless"), file("moving"), file("icc"), boxed(&file("alpha"), &[(b"free", b"1234")], 3)]
    {
        for length in 12..jxl.len() - 1 {
            let refused = cut_png(&jxl[..length], Region::WHOLE);
            assert_eq!(
                refused.err(),
                Some(CropError::Truncated { format: Format::JpegXl }),
                "{length} of {}",
                jxl.len()
            );
        }
    }
}

#[test]
fn a_picture_that_takes_too_much_is_refused() {
    let jxl = file("groups-lossless");
    let limits =
        |max_pixels, max_decode_bytes| CropLimits { max_pixels, max_decode_bytes, ..CropLimits::default() };
    let made = |limits| crop(&jxl, Region::WHOLE, &CropOptions::default(), &limits).map(|cut| cut.size);
    assert_eq!(measure(&jxl, &limits(900 * 700, 0)), Ok((Format::JpegXl, size(900, 700))));
    assert!(matches!(made(limits(900 * 700 - 1, 1 << 26)), Err(CropError::TooLarge { .. })));
    assert_eq!(made(limits(900 * 700, 64 << 20)), Ok(size(900, 700)));
    for bytes in [0, 1 << 20, 5 << 20] {
        assert!(matches!(made(limits(900 * 700, bytes)), Err(CropError::TooMuchMemory { .. })), "{bytes}");
    }
}

/// A reader that hands out a byte at a time.
struct Trickle<'a>(&'a [u8]);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = into.len().min(1);
        self.0.read(&mut into[..count])
    }
}
