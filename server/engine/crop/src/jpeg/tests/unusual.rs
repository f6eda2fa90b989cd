//! What few files have and every decoder reads: fill bytes, marks of colour in all combinations, segments where nobody
//! expects them, tables redefined on the way, something behind the end.

use super::*;

/// The markers of a file with their payloads, and the bytes from the first scan's header on.
fn segments_of(jpeg: &[u8]) -> (Vec<(u8, Vec<u8>)>, &[u8]) {
    let (mut segments, mut position) = (Vec::new(), 2);
    while jpeg[position + 1] != 0xda {
        let length = usize::from(u16::from_be_bytes([jpeg[position + 2], jpeg[position + 3]]));
        segments.push((jpeg[position + 1], jpeg[position + 4..position + 2 + length].to_vec()));
        position += 2 + length;
    }
    (segments, &jpeg[position..])
}

fn file_of(segments: &[(u8, Vec<u8>)], scans: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8];
    for (marker, payload) in segments {
        bytes.extend([0xff, *marker]);
        bytes.extend((payload.len() as u16 + 2).to_be_bytes());
        bytes.extend(payload);
    }
    [&bytes, scans].concat()
}

/// Several files of each coding, small and not of whole MCUs.
fn sources(random: &mut Random) -> Vec<Vec<u8>> {
    let mut sources = Vec::new();
    for kind in some_kinds(false).chain(some_kinds(true)).filter(|kind| kind.width > 8 && kind.width < 100) {
        let source = make(kind, random);
        sources.push(jpegtran(&source, &["-restart", "2B"]));
        sources.push(source);
    }
    sources
}

#[test]
fn any_number_of_fill_bytes_may_stand_before_a_marker() {
    let mut random = Random::new(20);
    for source in sources(&mut random) {
        let mut filled = vec![0xff, 0xd8];
        let mut position = 2;
        while position < source.len() {
            let is_marker = source[position] == 0xff && source[position + 1] != 0;
            if !is_marker {
                filled.push(source[position]);
                position += 1;
                continue;
            }
            filled.resize(filled.len() + random.below(3) as usize, 0xff);
            let marker = source[position + 1];
            let length = match marker {
                0xd0..=0xd9 => 2,
                _ => 2 + usize::from(u16::from_be_bytes([source[position + 2], source[position + 3]])),
            };
            filled.extend(&source[position..position + length]);
            position += length;
        }
        assert!(filled.len() > source.len());
        check(&filled, "fill bytes", 4, &mut random);
    }
}

#[test]
fn marks_of_colour_decide_as_in_libjpeg_turbo() {
    let mut random = Random::new(21);
    let (width, height) = (37, 29);
    let kind = Kind {
        width,
        height,
        sampling: Subsamp::None,
        content: Content::Smooth,
        quality: 92,
        is_optimised: false,
        is_progressive: false,
    };
    let jfif = (0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec());
    let adobe = |transform| (0xee, [&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat());
    let mut seen = std::collections::HashSet::new();
    for is_progressive in [false, true] {
        let source = make(Kind { is_progressive, ..kind }, &mut random);
        let (segments, scans) = segments_of(&source);
        let plain: Vec<_> =
            segments.into_iter().filter(|(marker, _)| !matches!(marker, 0xe0 | 0xee)).collect();
        for names in [[1, 2, 3], [b'R', b'G', b'B'], [0, 1, 2], [b'r', b'g', b'b'], [9, 200, 77]] {
            let mut renamed = plain.clone();
            for (_, frame) in renamed.iter_mut().filter(|(marker, _)| matches!(marker, 0xc0 | 0xc2)) {
                (0..3).for_each(|place| frame[6 + 3 * place] = names[place]);
            }
            let mut scans = scans.to_vec();
            let headers: Vec<usize> = scans
                .windows(2)
                .enumerate()
                .filter(|(_, pair)| *pair == [0xff, 0xda])
                .map(|(at, _)| at)
                .collect();
            for at in headers {
                for place in 0..usize::from(scans[at + 4]) {
                    let name = &mut scans[at + 5 + 2 * place];
                    *name = names[usize::from(*name) - 1];
                }
            }
            for marks in [
                vec![],
                vec![jfif.clone()],
                vec![adobe(0)],
                vec![adobe(1)],
                vec![adobe(2)],
                vec![jfif.clone(), adobe(0)],
                vec![adobe(0), jfif.clone()],
                // Too short to be one, and of another name.
                vec![(0xe0, b"JFIF\0\x01\x01".to_vec())],
                vec![(0xee, b"Adobe\0\x64\0\0\0\0".to_vec())],
                vec![(0xe0, b"JFXX\0\x10\0\0\0\0\0\0\0\0\0".to_vec())],
            ] {
                let marked = file_of(&[marks.clone(), renamed.clone()].concat(), &scans);
                // An unknown transform is a warning there, and warnings are errors of this oracle.
                if turbojpeg::decompress(&marked, PixelFormat::RGB).is_err() {
                    continue;
                }
                check(&marked, &format!("{names:?} {marks:?}"), 5, &mut random);
                seen.insert(whole(&marked).to_rgb8().into_raw());
            }
        }
    }
    assert_eq!(seen.len(), 2 + 2, "YCbCr and RGB are two pictures of each coding");
}

#[test]
fn an_unknown_transform_of_adobe_is_the_usual_one() {
    let mut random = Random::new(28);
    let adobe = |transform| vec![(0xee, [&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat())];
    for source in sources(&mut random) {
        let (segments, scans) = segments_of(&source);
        let is_colour = segments.iter().any(|(marker, frame)| matches!(marker, 0xc0..=0xc2) && frame[5] == 3);
        let plain: Vec<_> =
            segments.into_iter().filter(|(marker, _)| !matches!(marker, 0xe0 | 0xee)).collect();
        let with = |transform| file_of(&[adobe(transform), plain.clone()].concat(), scans);
        let whole = whole(&with(1));
        let region = random.region(whole.width(), whole.height());
        let PixelRegion { left, top, width, height } = region;
        for transform in if is_colour { [1, 2, 77] } else { [1, 0, 2] } {
            let part = cut_part(&with(transform), region).expect("a part");
            assert!(part == whole.crop_imm(left, top, width, height), "{transform}, {region:?}");
        }
    }
}

#[test]
fn segments_of_applications_may_stand_anywhere_before_a_scan() {
    let mut random = Random::new(22);
    for source in sources(&mut random) {
        let (segments, scans) = segments_of(&source);
        let mut mixed = Vec::new();
        for segment in segments {
            mixed.push((0xe0 + random.below(16) as u8, vec![0xff; random.below(70) as usize]));
            mixed.push((0xfe, b"\xff\xd9 no end, \xff\xda no scan".to_vec()));
            mixed.push(segment);
        }
        mixed.push((0xef, vec![0; 65_533]));
        mixed.push((0xe1, b"http://ns.adobe.com/xap/1.0/\0".to_vec()));
        check(&file_of(&mixed, scans), "segments everywhere", 4, &mut random);
    }
}

#[test]
fn what_follows_the_end_is_nothing_to_the_picture() {
    let mut random = Random::new(23);
    let sources = sources(&mut random);
    for (index, source) in sources.iter().enumerate() {
        let other = &sources[(index + 1) % sources.len()];
        for behind in [&[0; 1000][..], b"\xff\xd8\xff", b"PK\x03\x04", other] {
            check(&[source, behind].concat(), "something behind the end", 2, &mut random);
        }
    }
}

#[test]
fn a_table_redefined_on_the_way_leaves_what_was_read_with_the_old_one() {
    let mut random = Random::new(24);
    let kinds = some_kinds(false).filter(|kind| kind.sampling != Subsamp::Gray && kind.width > 8);
    for (index, kind) in kinds.enumerate() {
        let script = scan_script(["0;1;2;", "0;1 2;"][index % 2]);
        let name = script.path().to_str().expect("a name").to_owned();
        let source = jpegtran(&make(kind, &mut random), &["-scans", &name]);
        let (segments, scans) = segments_of(&source);
        let scan_ends =
            scans[2..].windows(2).position(|pair| matches!(pair, [0xff, 0xc4 | 0xda])).expect("more");
        let (first, others) = scans.split_at(2 + scan_ends);
        // The luminance's table becomes another; if colour shares it, colour has it from here on.
        let mut table = vec![0_u8];
        table.extend((0..64).map(|place| 3 + place));
        let redefined = [first, &[0xff, 0xdb, 0, 67], &table, others].concat();
        check(&file_of(&segments, &redefined), &format!("{kind:?}"), 10, &mut random);
    }
}

#[test]
fn quantisation_of_16_bits_and_of_the_coarsest_kind_is_kept() {
    let mut random = Random::new(25);
    let (width, height) = (70, 45);
    let pixels = samples(width, height, 3, Content::Noise, &mut random);
    let ppm = [format!("P6 {width} {height} 255\n").as_bytes(), &pixels].concat();
    for arguments in
        [&["-quality", "1"][..], &["-quality", "3", "-progressive"], &["-quality", "2", "-sample", "1x1"]]
    {
        let source = tool("cjpeg", &ppm, arguments);
        let has_wide =
            segments_of(&source).0.iter().any(|(marker, table)| *marker == 0xdb && table[0] >> 4 == 1);
        assert!(has_wide, "{arguments:?}");
        check(&source, &format!("{arguments:?}"), 40, &mut random);
    }
}

#[test]
fn four_inks_of_any_sampling_become_the_colours_of_the_whole() {
    let mut random = Random::new(26);
    let (width, height) = (67, 50);
    for colorspace in [turbojpeg::Colorspace::CMYK, turbojpeg::Colorspace::YCCK] {
        for sampling in [Subsamp::None, Subsamp::Sub2x1, Subsamp::Sub2x2, Subsamp::Sub1x2, Subsamp::Sub4x1] {
            for is_progressive in [false, true] {
                let pixels = samples(width, height, 4, Content::Smooth, &mut random);
                let mut compressor = Compressor::new().expect("a compressor");
                compressor.set_quality(90).expect("a quality");
                compressor.set_subsamp(sampling).expect("a sampling");
                compressor.set_colorspace(colorspace).expect("colours");
                compressor.set_progressive(is_progressive).expect("a choice");
                let (wide, high) = (width as usize, height as usize);
                let image = Image {
                    pixels: &pixels[..],
                    width: wide,
                    pitch: 4 * wide,
                    height: high,
                    format: PixelFormat::CMYK,
                };
                let source = compressor.compress_to_vec(image).expect("a JPEG");
                let inks = turbojpeg::decompress(&source, PixelFormat::CMYK).expect("a JPEG").pixels;
                let whole = DynamicImage::from(
                    crate::colour::cmyk_to_rgb(&inks, width, height, None).expect("colours"),
                );
                for _ in 0..20 {
                    let region = random.region(width, height);
                    let PixelRegion { left, top, width, height } = region;
                    let part = cut_part(&source, region).expect("a part");
                    assert!(
                        part == whole.crop_imm(left, top, width, height),
                        "{colorspace:?} {sampling:?} {region:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_part_is_byte_for_byte_the_file_that_the_whole_cut_and_encoded_gives() {
    let mut random = Random::new(27);
    for kind in kinds(false).into_iter().chain(kinds(true)) {
        let source = make(kind, &mut random);
        let whole = whole(&source);
        for _ in 0..3 {
            let region = random.region(kind.width, kind.height);
            let PixelRegion { left, top, width, height } = region;
            let [x, w] = [left, width].map(|side| f64::from(side) / f64::from(kind.width));
            let [y, h] = [top, height].map(|side| f64::from(side) / f64::from(kind.height));
            let quality = 1 + random.below(100) as u8;
            let options = crate::CropOptions { quality: Some(quality), ..crate::CropOptions::default() };
            let part = cutline_model::Region::new(x, y, w, h).expect("inside");
            let cut = crate::crop(&source, part, &options, &CropLimits::default()).expect("a part");
            assert_eq!(cut.region, region);

            let picture = whole.crop_imm(left, top, width, height);
            let (format, sampling) = match kind.sampling {
                Subsamp::Gray => (PixelFormat::GRAY, Subsamp::Gray),
                Subsamp::None => (PixelFormat::RGB, Subsamp::None),
                _ => (PixelFormat::RGB, Subsamp::Sub2x2),
            };
            let mut compressor = Compressor::new().expect("a compressor");
            compressor.set_quality(i32::from(quality)).expect("a quality");
            compressor.set_subsamp(sampling).expect("a sampling");
            let (wide, high) = (width as usize, height as usize);
            let pixels = picture.as_bytes();
            let image = Image { pixels, width: wide, pitch: format.size() * wide, height: high, format };
            let expected = compressor.compress_to_vec(image).expect("a JPEG");
            assert!(cut.bytes == expected, "{kind:?}, {region:?}, quality {quality}");
        }
    }
}
