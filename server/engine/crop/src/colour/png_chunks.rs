//! What PNG's short colour chunks (cICP, sRGB, gAMA, cHRM) say, as an ICC profile that other formats hold.
//!
//! Precedence and meaning: PNG, third edition, sections 4.3 and 11.3.2. Nothing is rounded to sRGB: a gAMA of 1/2.2 is
//! up to 7 of 255 steps darker in the shadows, and browsers show that.

use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, MatrixCoefficients,
    ToneReprCurve, TransferCharacteristics, WHITE_POINT_D50,
};

use super::grey;

/// What the pixels are.
#[derive(Debug, PartialEq)]
pub(super) enum Meaning {
    /// The chunks say nothing that counts: the profile, if any, does.
    Nothing,
    /// Said to be sRGB.
    Srgb,
    /// What this profile says.
    Profile(Vec<u8>),
    /// PQ or HLG.
    Hdr,
}

/// Length, type and check sum of a chunk.
const AROUND_PAYLOAD: usize = 12;

/// Reads whole chunks one after the other. A cICP overrules a profile in iCCP, the others are overruled by it.
pub(super) fn meaning(chunks: &[u8], has_profile: bool, is_grey: bool) -> Meaning {
    if let Some(&[primaries, transfer, 0, 1]) = payload(chunks, b"cICP") {
        match (primaries, transfer) {
            (_, 16 | 18) => return Meaning::Hdr,
            (1, 13) => return Meaning::Srgb,
            _ => {
                if let Some(profile) = by_code_points(primaries, transfer, is_grey) {
                    return Meaning::Profile(profile);
                }
            }
        }
    }
    if has_profile {
        return Meaning::Nothing;
    }
    if payload(chunks, b"sRGB").is_some() {
        return Meaning::Srgb;
    }
    let gamma = payload(chunks, b"gAMA").and_then(gamma);
    let primaries = payload(chunks, b"cHRM").filter(|_| !is_grey).and_then(primaries);
    if gamma.is_none() && primaries.is_none() {
        return Meaning::Nothing;
    }
    by_measures(gamma, primaries, is_grey).map_or(Meaning::Nothing, Meaning::Profile)
}

/// The payload of the first chunk of this kind.
fn payload<'a>(mut chunks: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    loop {
        let length = u32::from_be_bytes(chunks.get(..4)?.try_into().ok()?) as usize;
        let chunk = chunks.get(..length.checked_add(AROUND_PAYLOAD)?)?;
        if &chunk[4..8] == kind {
            return Some(&chunk[8..8 + length]);
        }
        chunks = &chunks[chunk.len()..];
    }
}

/// The exponent that makes light of a sample. The file states its inverse in hundred-thousandths.
fn gamma(payload: &[u8]) -> Option<f32> {
    let stated = u32::from_be_bytes(payload.try_into().ok()?);
    // From 0.1 to 10: what lies beyond is a mistake and would make a black or a white picture.
    (10_000..=1_000_000).contains(&stated).then(|| (100_000.0 / f64::from(stated)) as f32)
}

/// White, red, green and blue as chromaticities in hundred-thousandths; nothing when they span no triangle.
fn primaries(payload: &[u8]) -> Option<(Chromaticity, ColorPrimaries)> {
    if payload.len() != 32 {
        return None;
    }
    let values: Vec<f32> = payload
        .chunks_exact(4)
        .map(|bytes| (f64::from(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])) / 1e5) as f32)
        .collect();
    let point = |index: usize| Chromaticity { x: values[2 * index], y: values[2 * index + 1] };
    let [white, red, green, blue] = [point(0), point(1), point(2), point(3)];
    let is_real =
        [white, red, green, blue].iter().all(|point| point.x <= 1.0 && (1e-5..=1.0).contains(&point.y));
    let area = (green.x - red.x) * (blue.y - red.y) - (green.y - red.y) * (blue.x - red.x);
    (is_real && white.y > 0.05 && area.abs() > 0.01).then_some((white, ColorPrimaries { red, green, blue }))
}

fn by_code_points(primaries: u8, transfer: u8, is_grey: bool) -> Option<Vec<u8>> {
    let mut profile = ColorProfile::new_from_cicp(CicpProfile {
        color_primaries: CicpColorPrimaries::try_from(primaries).ok()?,
        transfer_characteristics: TransferCharacteristics::try_from(transfer).ok()?,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    });
    // Code points without colours (unspecified, reserved) leave it empty.
    let curve = profile.red_trc.clone()?;
    if is_grey {
        profile = grey(Some(curve));
    }
    written(profile)
}

/// What is not stated is as in sRGB.
fn by_measures(
    gamma: Option<f32>,
    primaries: Option<(Chromaticity, ColorPrimaries)>,
    is_grey: bool,
) -> Option<Vec<u8>> {
    let mut profile = ColorProfile::new_srgb();
    profile.cicp = None;
    let curve = match gamma {
        Some(gamma) => ToneReprCurve::Parametric(vec![gamma]),
        None => profile.red_trc.clone()?,
    };
    if is_grey {
        return written(grey(Some(curve)));
    }
    if let Some((white, primaries)) = primaries {
        profile.update_rgb_colorimetry(white.to_xyyb(), primaries);
    }
    profile.red_trc = Some(curve.clone());
    profile.green_trc = Some(curve.clone());
    profile.blue_trc = Some(curve);
    written(profile)
}

/// When every profile was made: the same picture makes the same bytes at any time (ICC.1, dateTimeNumber of 2000-01-01).
const MADE: [u8; 12] = [0x07, 0xd0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0];
/// Where a profile's header tells it (ICC.1, 7.2).
const MADE_AT: std::ops::Range<usize> = 24..36;

/// The profile's bytes, unless a number in it is none.
fn written(mut profile: ColorProfile) -> Option<Vec<u8>> {
    let is_sound = profile.colorant_matrix().v.as_flattened().iter().all(|value| value.is_finite());
    profile.media_white_point = Some(WHITE_POINT_D50.to_xyzd());
    profile.description = None;
    profile.copyright = None;
    if !is_sound {
        return None;
    }
    let mut bytes = profile.encode().ok()?;
    bytes.get_mut(MADE_AT)?.copy_from_slice(&MADE);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_chunks_make_the_same_profile_at_any_time() {
        let (display_p3, gamma) = (by_code_points(12, 13, false), by_measures(Some(1.8), None, true));
        for profile in [display_p3, gamma] {
            let profile = profile.expect("a profile");
            let read = ColorProfile::new_from_slice(&profile);
            assert!(read.is_ok(), "it stays a profile");
            assert_eq!(profile[MADE_AT], MADE);
        }
    }
}
