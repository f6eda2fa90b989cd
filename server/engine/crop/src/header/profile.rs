//! Which colour profiles are kept.
//!
//! A profile says what the pixel values mean: without it a wide-gamut picture looks pale. It is kept when it is at most
//! 1 MiB (4 MiB for CMYK) and fits the pixels. A larger one is refused with the picture, since leaving it out would show
//! other colours (and the size is the mark of a bomb); a malformed one or one for other pixels (a CMYK profile in an RGB
//! file) is left out, as browsers do, who show such a picture as sRGB.

use super::CropError;

/// Most bytes of a profile; real ones for screens and cameras are 0.5 to 600 kB.
pub(super) const MAX_PROFILE_BYTES: usize = 1 << 20;
/// Most bytes of a profile for print, with tables of four dimensions: the common ones are 0.5 to 2.7 MB.
const MAX_CMYK_PROFILE_BYTES: usize = 4 << 20;

/// What kind of pixels a profile describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProfileKind {
    Grey,
    Rgb,
    Cmyk,
}

impl ProfileKind {
    /// Most bytes of a profile of this kind.
    pub(super) fn max_bytes(self) -> usize {
        match self {
            Self::Grey | Self::Rgb => MAX_PROFILE_BYTES,
            Self::Cmyk => MAX_CMYK_PROFILE_BYTES,
        }
    }

    /// The error for a profile over the limit.
    pub(super) fn too_large(self) -> CropError {
        CropError::ProfileTooLarge { limit: self.max_bytes() }
    }

    /// Its name in a profile.
    fn signature(self) -> &'static [u8; 4] {
        match self {
            Self::Grey => b"GRAY",
            Self::Rgb => b"RGB ",
            Self::Cmyk => b"CMYK",
        }
    }
}

/// The profile if it describes grey (or else RGB) pixels; nothing when it is malformed.
pub(super) fn check(profile: Vec<u8>, is_grey: bool) -> Result<Option<Vec<u8>>, CropError> {
    check_kind(profile, if is_grey { ProfileKind::Grey } else { ProfileKind::Rgb })
}

/// The profile if it describes pixels of this kind; nothing when it is malformed. What stands behind its end is left out:
/// programs that fill it up write more than it says, and others read what it says.
///
/// ICC.1:2022 section 7.2: bytes 0-3 its length, 16-19 the kind of its colours, 36-39 `acsp`; 132 is header plus count.
pub(super) fn check_kind(mut profile: Vec<u8>, kind: ProfileKind) -> Result<Option<Vec<u8>>, CropError> {
    if profile.len() > kind.max_bytes() {
        return Err(kind.too_large());
    }
    let Some(&claimed) = profile.first_chunk().filter(|_| profile.len() >= 132) else { return Ok(None) };
    let claimed = u32::from_be_bytes(claimed) as usize;
    let fits = (132..=profile.len()).contains(&claimed)
        && &profile[16..20] == kind.signature()
        && &profile[36..40] == b"acsp";
    profile.truncate(claimed);
    Ok(fits.then_some(profile))
}

/// The error for a grey or RGB profile over the limit.
pub(super) fn too_large() -> CropError {
    ProfileKind::Rgb.too_large()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(kind: &[u8; 4], length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        bytes[..4].copy_from_slice(&(length as u32).to_be_bytes());
        bytes[16..20].copy_from_slice(kind);
        bytes[36..40].copy_from_slice(b"acsp");
        bytes
    }

    #[test]
    fn a_profile_for_these_pixels_is_kept() {
        assert_eq!(check(profile(b"RGB ", 400), false), Ok(Some(profile(b"RGB ", 400))));
        assert_eq!(check(profile(b"GRAY", 400), true), Ok(Some(profile(b"GRAY", 400))));
        assert!(check(profile(b"RGB ", MAX_PROFILE_BYTES), false).expect("at the limit").is_some());
    }

    #[test]
    fn a_profile_for_other_pixels_or_a_malformed_one_is_left_out() {
        assert_eq!(check(profile(b"CMYK", 400), false), Ok(None));
        assert_eq!(check(profile(b"RGB ", 400), true), Ok(None));
        assert_eq!(check(profile(b"RGB ", 400)[..300].to_vec(), false), Ok(None));
        assert_eq!(check(b"not a profile".to_vec(), false), Ok(None));
    }

    #[test]
    fn what_stands_behind_the_end_of_a_profile_is_left_out() {
        for padding in [1, 4, 1000] {
            let padded = [profile(b"RGB ", 400), vec![0; padding]].concat();
            assert_eq!(check(padded, false), Ok(Some(profile(b"RGB ", 400))), "{padding}");
        }
        let mut short = profile(b"RGB ", 400);
        short[..4].copy_from_slice(&131_u32.to_be_bytes());
        assert_eq!(check(short, false), Ok(None), "it ends within its own header");
    }

    #[test]
    fn a_huge_profile_is_refused() {
        assert_eq!(check(profile(b"RGB ", MAX_PROFILE_BYTES + 1), false), Err(too_large()));
    }
}
