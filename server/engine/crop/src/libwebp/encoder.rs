//! Encoding of pixels as WebP: one picture, or the frames of an animation.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use libwebp_sys as sys;

/// How pixels are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// With loss, at a quality of 1..=100.
    Lossy(u8),
    /// As they are, except colours that cannot be seen because nothing of them is opaque.
    Lossless,
}

/// How a picture is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) kind: Kind,
    /// Whether it may take two to three times as long to be a few per cent smaller. What has alpha must not be written so
    /// with loss: its alpha is, without loss, at the same effort, which took 26 to 630 times as long for 1 to 7 per cent
    /// (libwebp 1.6, 1600x1065 in a soft oval; 450x350 with noise for alpha: 31.6 s).
    pub(crate) is_patient: bool,
}

impl Settings {
    /// The same for pixels with alpha or without.
    pub(crate) fn for_alpha(self, has_alpha: bool) -> Self {
        Self { is_patient: self.is_patient && !(has_alpha && self.kind != Kind::Lossless), ..self }
    }
}

/// libwebp's own default.
const STILL_METHOD: i32 = 4;
/// For all frames of an animation: 60 of 480x360 at quality 90 take 0.75 s and 2,520 kB, by the default 1.28 s and 2,532 kB.
const MOVING_METHOD: i32 = 2;

/// Pixels row by row, 8 bits a channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pixels<'a> {
    pub(crate) samples: &'a [u8],
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// RGBA; else RGB.
    pub(crate) has_alpha: bool,
}

/// The file of one picture, with nothing in it but the picture; nothing when libwebp refuses.
pub(crate) fn encode(pixels: Pixels<'_>, settings: Settings) -> Option<Vec<u8>> {
    let config = config(settings, STILL_METHOD)?;
    let mut picture = Picture::new(pixels, settings.kind == Kind::Lossless)?;
    let mut writer = Writer::new();
    picture.0.writer = Some(sys::WebPMemoryWrite);
    picture.0.custom_ptr = (&raw mut *writer.0).cast::<c_void>();
    // SAFETY: the configuration was validated, the picture holds pixels of its own, and the writer, to which
    // `custom_ptr` points as `WebPMemoryWrite` expects, lives until the end of this function.
    let is_written = unsafe { sys::WebPEncode(&raw const config, &raw mut *picture.0) } != 0;
    is_written.then(|| writer.bytes().to_vec())
}

/// Frames that become one animation.
pub(crate) struct AnimationEncoder {
    encoder: NonNull<sys::WebPAnimEncoder>,
    config: sys::WebPConfig,
}

impl AnimationEncoder {
    /// An animation of `width` by `height`, shown `plays` times; 0 is for ever.
    pub(crate) fn new(width: u32, height: u32, plays: u16, settings: Settings) -> Option<Self> {
        let config = config(settings, MOVING_METHOD)?;
        let mut options = std::mem::MaybeUninit::<sys::WebPAnimEncoderOptions>::uninit();
        let version = sys::WebPGetMuxABIVersion();
        // SAFETY: it fills the options and says so by its result; only then are they taken for initialised.
        let mut options = unsafe {
            let is_filled = sys::WebPAnimEncoderOptionsInitInternal(options.as_mut_ptr(), version) != 0;
            is_filled.then(|| options.assume_init())
        }?;
        // Transparent: the default is white, which some readers really put behind the frames.
        options.anim_params.bgcolor = 0;
        options.anim_params.loop_count = i32::from(plays);
        let (width, height) = (i32::try_from(width).ok()?, i32::try_from(height).ok()?);
        // SAFETY: the options are initialised and copied by the encoder.
        let encoder = unsafe { sys::WebPAnimEncoderNewInternal(width, height, &raw const options, version) };
        Some(Self { encoder: NonNull::new(encoder)?, config })
    }

    /// Puts a frame behind the others, shown from `begin_ms` on.
    pub(crate) fn add(&mut self, pixels: Pixels<'_>, begin_ms: i32) -> Option<()> {
        let mut picture = Picture::new(pixels, true)?;
        // SAFETY: encoder and picture are alive, the configuration was validated; the picture is copied or encoded
        // before the call returns, and its size is compared with the animation's by the encoder.
        let is_added = unsafe {
            let (encoder, config) = (self.encoder.as_ptr(), &raw const self.config);
            sys::WebPAnimEncoderAdd(encoder, &raw mut *picture.0, begin_ms, config)
        };
        (is_added != 0).then_some(())
    }

    /// The file, with the last frame shown until `end_ms`, and `profile` in it.
    pub(crate) fn finish(self, end_ms: i32, profile: Option<&[u8]>) -> Option<Vec<u8>> {
        let encoder = self.encoder.as_ptr();
        if let Some(profile) = profile {
            let chunk = sys::WebPData { bytes: profile.as_ptr(), size: profile.len() };
            // SAFETY: the encoder is alive, the name has four characters, and the profile is copied.
            let result =
                unsafe { sys::WebPAnimEncoderSetChunk(encoder, c"ICCP".as_ptr(), &raw const chunk, 1) };
            (result == sys::WebPMuxError::WEBP_MUX_OK).then_some(())?;
        }
        let mut file = Data(sys::WebPData::default());
        // SAFETY: the encoder is alive; a null frame says that the last one ends. What it writes into `file` is
        // memory of libwebp's, which `Data` frees.
        let is_assembled = unsafe {
            sys::WebPAnimEncoderAdd(encoder, ptr::null_mut(), end_ms, ptr::null()) != 0
                && sys::WebPAnimEncoderAssemble(encoder, &raw mut file.0) != 0
        };
        is_assembled.then(|| file.bytes().to_vec())
    }
}

impl Drop for AnimationEncoder {
    fn drop(&mut self) {
        // SAFETY: it was made by `new` and is given back only here.
        unsafe { sys::WebPAnimEncoderDelete(self.encoder.as_ptr()) }
    }
}

/// Settings with this effort (0 to 6) for what is lossy and needs no patience.
fn config(settings: Settings, method: i32) -> Option<sys::WebPConfig> {
    let mut config = sys::WebPConfig::new().ok()?;
    match settings.kind {
        Kind::Lossy(quality) => {
            config.quality = f32::from(quality);
            config.method = if settings.is_patient { 6 } else { method };
        }
        Kind::Lossless => {
            let level = if settings.is_patient { 6 } else { 3 };
            // SAFETY: the configuration is initialised; the level is one of 0..=9.
            (unsafe { sys::WebPConfigLosslessPreset(&raw mut config, level) } != 0).then_some(())?;
        }
    }
    // SAFETY: the configuration is initialised and only read.
    (unsafe { sys::WebPValidateConfig(&raw const config) } != 0).then_some(config)
}

/// A picture in libwebp's own memory.
struct Picture(Box<sys::WebPPicture>);

impl Picture {
    /// A copy of `pixels`: as ARGB, or as the YUV 4:2:0 of a lossy picture.
    fn new(pixels: Pixels<'_>, is_argb: bool) -> Option<Self> {
        let Pixels { samples, width, height, has_alpha } = pixels;
        let channels = if has_alpha { 4 } else { 3 };
        let stride = i32::try_from(width).ok()?.checked_mul(channels)?;
        if samples.len() != stride as usize * height as usize {
            return None;
        }
        let mut picture = Self(Box::new(sys::WebPPicture::new().ok()?));
        picture.0.use_argb = i32::from(is_argb);
        picture.0.width = i32::try_from(width).ok()?;
        picture.0.height = i32::try_from(height).ok()?;
        let target = &raw mut *picture.0;
        // SAFETY: the picture is initialised, and the samples are exactly as many as its size and the stride say.
        let is_imported = unsafe {
            if has_alpha {
                sys::WebPPictureImportRGBA(target, samples.as_ptr(), stride)
            } else {
                sys::WebPPictureImportRGB(target, samples.as_ptr(), stride)
            }
        };
        (is_imported != 0).then_some(picture)
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: it is initialised, and frees only what it allocated itself.
        unsafe { sys::WebPPictureFree(&raw mut *self.0) }
    }
}

/// Where libwebp writes a file, piece by piece.
struct Writer(Box<sys::WebPMemoryWriter>);

impl Writer {
    fn new() -> Self {
        let mut writer =
            Box::new(sys::WebPMemoryWriter { mem: ptr::null_mut(), size: 0, max_size: 0, pad: [0] });
        // SAFETY: it only sets the fields of the struct that it is given.
        unsafe { sys::WebPMemoryWriterInit(&raw mut *writer) };
        Self(writer)
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: `mem` and `size` are what libwebp allocated and wrote, until `Drop`.
        unsafe { slice(self.0.mem, self.0.size) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // SAFETY: it is initialised, and frees only what it allocated itself.
        unsafe { sys::WebPMemoryWriterClear(&raw mut *self.0) }
    }
}

/// A file in libwebp's memory.
struct Data(sys::WebPData);

impl Data {
    fn bytes(&self) -> &[u8] {
        // SAFETY: both numbers are what libwebp allocated and wrote, until `Drop`.
        unsafe { slice(self.0.bytes, self.0.size) }
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        // SAFETY: it is null or was allocated by libwebp, and is given back only here.
        unsafe { sys::WebPFree(self.0.bytes.cast_mut().cast::<c_void>()) }
    }
}

/// The bytes at `begin`, which may be null when there are none.
///
/// # Safety
/// `begin` must be null, or point to `length` initialised bytes that nobody changes for as long as `'a`.
unsafe fn slice<'a>(begin: *const u8, length: usize) -> &'a [u8] {
    if begin.is_null() {
        return &[];
    }
    // SAFETY: what the caller promises.
    unsafe { std::slice::from_raw_parts(begin, length) }
}
