//! Parts that are decoded and compressed some rows at a time, against the same all at once.

use super::*;
use crate::encode::{Effort, encode};

/// Compares `count` random parts of `source`, each in strips of as few rows as there can be and of some more.
fn check_strips(source: &[u8], name: &str, count: u32, random: &mut Random) {
    let limits = CropLimits::default();
    let header = header::read(&mut Source::from(source), &limits).expect("a JPEG");
    for case in 0..count {
        let size = header.stored;
        let region = random.region(size.width(), size.height());
        let part = part(&mut Source::from(source), &header, region, &limits).expect("a part").pixels;
        let effort = Effort { quality: 60 + random.below(40) as u8, is_patient: false };
        let at_once = encode(part, Format::Jpeg, effort, header.clone()).expect("a JPEG");
        let rows = 16 * (1 + case % 3);
        let strips = recut(&mut Source::from(source), &header, region, effort, &limits, rows);
        let strips = strips.unwrap_or_else(|error| panic!("{name}, {region:?}: {error}"));
        assert!(strips.bytes == at_once, "{name}, {region:?}, strips of {rows} rows: another file");
    }
}

#[test]
fn strips_are_the_file_that_compressing_all_at_once_gives() {
    let mut random = Random::new(14);
    for kind in kinds(false).into_iter().filter(|kind| kind.height > 40) {
        let plain = make(kind, &mut random);
        check_strips(&plain, &format!("{kind:?}"), 6, &mut random);
        check_strips(&jpegtran(&plain, &["-restart", "5B"]), &format!("{kind:?}, restarts"), 2, &mut random);
    }
}

/// Rows of MCUs are found from the eighth on by their markers.
#[test]
fn strips_far_below_are_found_whatever_the_sampling() {
    let mut random = Random::new(17);
    for sampling in
        [Subsamp::None, Subsamp::Sub2x2, Subsamp::Sub1x2, Subsamp::Sub1x4, Subsamp::Sub4x1, Subsamp::Gray]
    {
        let is_such = |kind: &Kind| matches!(kind.content, Content::Noise) && kind.sampling == sampling;
        let kind = kinds(false).into_iter().find(is_such).expect("one of them");
        let kind = Kind { width: 150, height: 900, ..kind };
        check_strips(&make(kind, &mut random), &format!("{kind:?}"), 12, &mut random);
    }
}

#[test]
fn what_is_gathered_from_several_scans_is_not_cut_in_strips() {
    let mut random = Random::new(15);
    let [kind, ..] = kinds(false)[..] else { panic!("there are some") };
    let plain = make(Kind { width: 2500, height: 1900, ..kind }, &mut random);
    let region = PixelRegion { left: 203, top: 101, width: 2101, height: 1707 };
    let is_worth_it = |source: &[u8]| {
        let header = header::read(&mut Source::from(source), &CropLimits::default()).expect("a JPEG");
        strips_are_worth_it(&header, region)
    };
    assert!(is_worth_it(&plain));
    assert!(!is_worth_it(&jpegtran(&plain, &["-progressive"])));
    let script = scan_script("0;1;2;");
    assert!(!is_worth_it(&jpegtran(&plain, &["-scans", script.path().to_str().expect("a name")])));
}

#[test]
fn what_is_broken_is_refused_in_strips_as_it_is_at_once() {
    let mut random = Random::new(18);
    let limits = CropLimits::default();
    let effort = Effort { quality: 80, is_patient: false };
    let (mut made, mut refused) = (0, 0);
    for sampling in [Subsamp::None, Subsamp::Sub2x2] {
        let is_such = |kind: &Kind| matches!(kind.content, Content::Noise) && kind.sampling == sampling;
        let kind = kinds(false).into_iter().find(is_such).expect("one of them");
        let plain = make(Kind { width: 90, height: 200, quality: 50, ..kind }, &mut random);
        for case in 0..1500 {
            let mut source = plain.clone();
            match case % 3 {
                0 => source.truncate(random.below(source.len() as u32) as usize),
                _ => {
                    // Behind the header, mostly: what is coded there.
                    let at = source.len() - 1 - random.below(source.len() as u32 - 200) as usize;
                    source[at] = random.below(256) as u8;
                }
            }
            let Ok(header) = header::read(&mut Source::from(&source), &limits) else { continue };
            let region = random.region(header.stored.width(), header.stored.height());
            let at_once = part(&mut Source::from(&source), &header, region, &limits)
                .and_then(|part| encode(part.pixels, Format::Jpeg, effort, header.clone()));
            let strips = recut(&mut Source::from(&source), &header, region, effort, &limits, 16);
            let strips = strips.map(|recut| recut.bytes);
            assert!(
                strips == at_once,
                "{sampling:?}, case {case}, {region:?}: {:?}",
                (strips.err(), at_once.err())
            );
            *(if strips.is_ok() { &mut made } else { &mut refused }) += 1;
        }
    }
    assert!(made > 300 && refused > 300, "{made} made, {refused} refused");
}

#[test]
fn a_large_part_is_cut_in_strips_and_its_profile_kept() {
    let mut random = Random::new(16);
    let is_smooth = |kind: &Kind| matches!((kind.content, kind.sampling), (Content::Smooth, Subsamp::Sub2x2));
    let kind = kinds(false).into_iter().find(is_smooth).expect("one of them");
    let kind = Kind { width: 2500, height: 1900, ..kind };
    let source = make(kind, &mut random);
    let limits = CropLimits::default();
    let header = header::read(&mut Source::from(&source), &limits).expect("a JPEG");
    let region = PixelRegion { left: 203, top: 101, width: 2101, height: 1707 };
    assert!(strips_are_worth_it(&header, region));
    let profile = moxcms::ColorProfile::new_display_p3().encode().expect("a profile");
    let header = Header { profile: Some(profile.clone()), ..header };
    let effort = Effort { quality: 85, is_patient: false };
    let Recut { bytes, .. } =
        recut(&mut Source::from(&source), &header, region, effort, &limits, rows_of_strip(region))
            .expect("cut");
    let part = part(&mut Source::from(&source), &header, region, &limits).expect("a part").pixels;
    assert!(bytes == encode(part, Format::Jpeg, effort, header).expect("a JPEG"));
    let read = header::read(&mut Source::from(&bytes), &limits).expect("a JPEG");
    assert_eq!(read.profile, Some(profile));
}
