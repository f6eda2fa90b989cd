//! JPEGs that are refused, each for what it is: what no browser shows, and what contradicts itself.

use super::*;

fn source(random: &mut Random) -> Vec<u8> {
    let kind = Kind {
        width: 40,
        height: 24,
        sampling: Subsamp::Sub2x2,
        content: Content::Smooth,
        quality: 90,
        is_optimised: false,
        is_progressive: false,
    };
    make(kind, random)
}

/// Where the frame header's marker stands.
fn frame_at(jpeg: &[u8]) -> usize {
    jpeg.windows(2).position(|pair| matches!(pair, [0xff, 0xc0..=0xc2])).expect("a frame header")
}

fn refusal(jpeg: &[u8]) -> CropError {
    let region = PixelRegion { left: 30, top: 20, width: 4, height: 4 };
    cut_part(jpeg, region).expect_err("it must be refused")
}

/// The source with bytes of its frame header changed: place from the marker on, and value.
fn with_frame(jpeg: &[u8], changes: &[(usize, u8)]) -> Vec<u8> {
    let mut bytes = jpeg.to_vec();
    let at = frame_at(jpeg);
    changes.iter().for_each(|&(place, value)| bytes[at + place] = value);
    bytes
}

#[test]
fn kinds_that_no_browser_shows_are_named() {
    let mut random = Random::new(30);
    let plain = source(&mut random);
    let arithmetic = jpegtran(&plain, &["-arithmetic"]);
    let progressive_arithmetic = jpegtran(&plain, &["-arithmetic", "-progressive"]);
    for (jpeg, name) in [
        (arithmetic, "arithmetic coding"),
        (progressive_arithmetic, "arithmetic coding"),
        (with_frame(&plain, &[(4, 12)]), "more than 8 bits"),
        (with_frame(&plain, &[(1, 0xc1), (4, 12)]), "more than 8 bits"),
        (with_frame(&plain, &[(1, 0xc3)]), "lossless"),
        (with_frame(&plain, &[(1, 0xc5)]), "hierarchical"),
        (with_frame(&plain, &[(1, 0xc9)]), "arithmetic coding"),
        (with_frame(&plain, &[(5, 0), (6, 0)]), "height behind its pixels"),
        (with_frame(&plain, &[(9, 2)]), "unusual number of channels"),
    ] {
        match refusal(&jpeg) {
            CropError::Unsupported { what, .. } => assert!(what.contains(name), "{what} is not {name}"),
            error => panic!("{name}: {error:?}"),
        }
    }
}

#[test]
fn a_height_that_is_said_behind_the_pixels_is_refused_even_beside_another() {
    let mut random = Random::new(31);
    let script = scan_script("0;1;2;");
    let name = script.path().to_str().expect("a name").to_owned();
    let jpeg = jpegtran(&source(&mut random), &["-scans", &name]);
    let first_scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).expect("a scan") + 2;
    let behind = first_scan
        + jpeg[first_scan..].windows(2).position(|pair| matches!(pair, [0xff, 0xc4 | 0xda])).expect("more");
    let jpeg = [&jpeg[..behind], &[0xff, 0xdc, 0, 4, 0, 24], &jpeg[behind..]].concat();
    assert!(matches!(refusal(&jpeg), CropError::Unsupported { what, .. } if what.contains("height")));
}

#[test]
fn contradictions_are_refused_as_such() {
    let mut random = Random::new(32);
    let plain = source(&mut random);
    let at = frame_at(&plain);
    let frame = plain[at..at + 19].to_vec();
    let scan = plain.windows(2).position(|pair| pair == [0xff, 0xda]).expect("a scan");
    let with_scan = |place: usize, value: u8| {
        let mut bytes = plain.clone();
        bytes[scan + place] = value;
        bytes
    };
    for (jpeg, what) in [
        (with_frame(&plain, &[(7, 0), (8, 0)]), "no width"),
        (with_frame(&plain, &[(11, 0x50)]), "a sampling factor of 5 and one of 0"),
        (with_frame(&plain, &[(12, 7)]), "a quantisation table above 3"),
        (with_frame(&plain, &[(12, 3)]), "a quantisation table that is not there"),
        (with_frame(&plain, &[(13, 1)]), "two components of one name"),
        ([&plain[..at], &frame, &plain[at..]].concat(), "two frame headers"),
        ([&plain[..at], &plain[at + 19..]].concat(), "no frame header"),
        ([&plain[..at], &[0xff, 0xe5, 0, 1], &plain[at..]].concat(), "a segment shorter than its length"),
        ([&plain[..at], &[0xff, 0xd8], &plain[at..]].concat(), "two beginnings"),
        (with_scan(4, 0), "a scan of nothing"),
        (with_scan(4, 4), "a scan header that is too short"),
        (with_scan(5, 99), "a scan of a component that is not there"),
        (with_scan(7, 1), "a component twice in a scan"),
        (with_scan(6, 0x77), "Huffman tables above 3"),
    ] {
        let error = refusal(&jpeg);
        assert!(matches!(error, CropError::Broken { .. }), "{what}: {error:?}");
    }
}

#[test]
fn a_component_that_comes_twice_in_a_sequential_file_is_refused() {
    let mut random = Random::new(33);
    let script = scan_script("0;1;2;");
    let name = script.path().to_str().expect("a name").to_owned();
    let jpeg = jpegtran(&source(&mut random), &["-scans", &name]);
    let scan =
        |from: usize| jpeg[from..].windows(2).position(|pair| pair == [0xff, 0xda]).map(|at| from + at);
    let first = scan(0).expect("a scan");
    let second = scan(first + 2).expect("another");
    let twice = [&jpeg[..second], &jpeg[first..]].concat();
    let error = refusal(&twice);
    assert!(
        matches!(&error, CropError::Broken { reason, .. } if reason == "a component comes twice"),
        "{error:?}"
    );
}

#[test]
fn a_file_of_which_only_the_end_is_missing_is_cut_and_one_that_misses_a_pixel_is_not() {
    let mut random = Random::new(35);
    let plain = source(&mut random);
    let script = scan_script("0;1;2;");
    let name = script.path().to_str().expect("a name").to_owned();
    let all = PixelRegion { left: 0, top: 0, width: 40, height: 24 };
    for jpeg in [
        plain.clone(),
        jpegtran(&plain, &["-progressive"]),
        jpegtran(&plain, &["-scans", &name]),
        jpegtran(&plain, &["-restart", "1B"]),
    ] {
        let expected = cut_part(&jpeg, all).expect("a sound file");
        for missing in [1, 2] {
            let part = cut_part(&jpeg[..jpeg.len() - missing], all).expect("no pixel is missing");
            assert!(part == expected, "{missing} bytes are missing");
        }
        for missing in [4, 6, 20] {
            assert_eq!(cut_part(&jpeg[..jpeg.len() - missing], all), Err(truncated()), "{missing}");
        }
    }
}

#[test]
fn restart_markers_out_of_order_or_missing_are_refused() {
    let mut random = Random::new(34);
    let jpeg = jpegtran(&source(&mut random), &["-restart", "1B"]);
    let markers: Vec<usize> = jpeg
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| matches!(pair, [0xff, 0xd0..=0xd7]))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(markers.len(), 5);
    for &at in &markers[..4] {
        let mut wrong = jpeg.clone();
        wrong[at + 1] ^= 1;
        assert!(matches!(refusal(&wrong), CropError::Broken { .. }), "{at}");
        let mut missing = jpeg.clone();
        missing.drain(at..at + 2);
        let error = refusal(&missing);
        assert!(matches!(error, CropError::Broken { .. } | CropError::Truncated { .. }), "{at}: {error:?}");
    }
}
