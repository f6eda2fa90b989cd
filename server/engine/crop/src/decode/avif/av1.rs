//! One coded picture: from AV1's bytes to samples.

use cutline_model::Size;
use re_rav1d::dav1d::{Decoder, Error, Picture, Settings};

use super::broken;
use crate::{CropError, Format};

/// Most pictures that are decoded and not shown before the first that is; a still picture has none.
const MAX_HIDDEN: usize = 8;

/// Decodes the first picture of `data`, which must be of `size`: that much was allowed.
pub(super) fn decode(data: Vec<u8>, size: Size) -> Result<Picture, CropError> {
    let mut settings = Settings::new();
    // Here, and on no other thread: a decoder may start none.
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    // Of layers, which are refused before, the highest alone.
    settings.set_all_layers(false);
    settings.set_frame_size_limit(u32::try_from(size.area()).unwrap_or(u32::MAX));
    let mut decoder = Decoder::with_settings(&settings).map_err(|_| CropError::DecoderFailed)?;
    match decoder.send_data(data, None, None, None) {
        // It holds more pictures than one.
        Ok(()) | Err(Error::Again) => {}
        Err(error) => return Err(refuse(error)),
    }
    let picture = first(&mut decoder)?;
    if (picture.width(), picture.height()) != (size.width(), size.height()) {
        return Err(broken("its picture is of another size than it says"));
    }
    Ok(picture)
}

/// The first picture that comes out; only so many are passed that are not shown.
fn first(decoder: &mut Decoder) -> Result<Picture, CropError> {
    for _ in 0..MAX_HIDDEN {
        match decoder.get_picture() {
            Err(Error::Again) => {}
            result => return result.map_err(refuse),
        }
        match decoder.send_pending_data() {
            Ok(()) => return decoder.get_picture().map_err(refuse),
            Err(Error::Again) => {}
            Err(error) => return Err(refuse(error)),
        }
    }
    Err(broken("it holds no picture that is shown"))
}

fn refuse(error: Error) -> CropError {
    match error {
        Error::Again => CropError::Truncated { format: Format::Avif },
        Error::UnsupportedBitstream => broken("its AV1 picture is of a kind that there is not"),
        Error::NotEnoughMemory => CropError::DecoderFailed,
        _ => broken("its AV1 picture cannot be decoded"),
    }
}
