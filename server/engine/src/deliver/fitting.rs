//! Makes a picture fit its platform before it is sent: some take it and refuse the post, and what is refused then cannot be
//! mended by trying again.
//!
//! A clipping that fits goes out as it is, byte by byte. One that does not is made anew from the clipping, in a decoder like
//! every other picture, with the least harm: another format, a lower quality, fewer pixels.

use cutline_crop::{CropError, CropOptions, Format};
use cutline_model::Region;

use super::{OWN_PAUSE, PictureLimits, Post, PostError};
use crate::cutting::{Cutter, CuttingError};

/// The post with a picture within `limits`; `target` is what the visitor calls who asks for that.
pub(super) async fn fitted(
    post: Post,
    limits: &PictureLimits,
    cutter: &Cutter,
    target: &str,
) -> Result<Post, PostError> {
    if takes(limits, &post) {
        return Ok(post);
    }
    let options = CropOptions { fit: Some(limits.fit()), ..CropOptions::default() };
    let cut = cutter
        .crop(post.bytes.clone(), Region::WHOLE, options)
        .await
        .map_err(|error| not_fitted(&error, target))?;
    Ok(Post {
        bytes: cut.bytes.into(),
        media_type: cut.format.media_type().to_owned(),
        file_name: format!("clipping.{}", cut.format.extension()),
        size: cut.size,
        ..post
    })
}

/// Whether the clipping is within the limits as it is.
fn takes(limits: &PictureLimits, post: &Post) -> bool {
    let (width, height) = (post.size.width(), post.size.height());
    let is_within = |limit: Option<u64>, amount: u64| limit.is_none_or(|limit| amount <= limit);
    let is_taken = |format: &Format| format.media_type() == post.media_type;
    (limits.formats.is_empty() || limits.formats.iter().any(is_taken))
        && is_within(limits.max_bytes, post.bytes.len() as u64)
        && is_within(limits.max_pixels, u64::from(width) * u64::from(height))
        && limits.max_side.is_none_or(|side| width.max(height) <= side)
        && limits.fit().aspect.is_none_or(|aspect| aspect.holds(post.size))
}

fn not_fitted(error: &CuttingError, target: &str) -> PostError {
    let detail = error.to_string();
    match error {
        CuttingError::Crop(CropError::CannotFit(misfit)) => PostError::Final {
            reason: format!("The picture cannot be made to fit {target}: {misfit}."),
            detail,
        },
        // A busy machine takes time, and one that is short of memory takes decoders.
        CuttingError::Crop(CropError::TooSlow { .. } | CropError::DecoderFailed) => PostError::Passing {
            reason: format!("The picture could not be made to fit {target}."),
            detail,
            retry_after: None,
        },
        CuttingError::Crop(error) => PostError::Final {
            reason: format!("The picture cannot be made to fit {target}: {error}."),
            detail,
        },
        CuttingError::Busy(_) | CuttingError::Fetch(_) => PostError::Passing {
            reason: "This server works on too many pictures at the moment.".to_owned(),
            detail,
            retry_after: Some(OWN_PAUSE),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use cutline_model::Size;
    use image::{ImageFormat, RgbImage};

    use super::*;
    use crate::deliver::fake_server::post;
    use crate::limits::PermitLimits;
    use crate::permits::Permits;

    /// A picture that no encoder makes small.
    fn noise(width: u32, height: u32) -> Post {
        let mut state = 1_u32;
        let picture = RgbImage::from_fn(width, height, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            image::Rgb([(state >> 8) as u8, (state >> 16) as u8, (state >> 24) as u8])
        });
        let mut file = Cursor::new(Vec::new());
        picture.write_to(&mut file, ImageFormat::Png).expect("a picture");
        Post {
            bytes: file.into_inner().into(),
            media_type: "image/png".to_owned(),
            file_name: "clipping.png".to_owned(),
            size: Size::new(width, height).expect("not empty"),
            ..post()
        }
    }

    async fn fit(post: Post, limits: PictureLimits) -> Result<Post, PostError> {
        let cutter =
            Cutter::in_process(Permits::new(&PermitLimits::default()), cutline_crop::CropLimits::default());
        fitted(post, &limits, &cutter, "Bluesky").await
    }

    #[tokio::test]
    async fn a_picture_within_the_limits_goes_out_as_it_is() {
        let (jpeg, limits) = (post(), PictureLimits { max_bytes: Some(1000), ..PictureLimits::default() });
        let fitted =
            fit(jpeg.clone(), PictureLimits { formats: &[Format::Jpeg], ..limits }).await.expect("fits");
        assert_eq!((fitted.bytes, fitted.file_name), (jpeg.bytes, jpeg.file_name));
    }

    #[tokio::test]
    async fn a_picture_beyond_them_is_made_to_fit() {
        let png = noise(400, 300);
        assert!(png.bytes.len() > 300_000);
        let limits =
            PictureLimits { max_bytes: Some(30_000), max_side: Some(320), ..PictureLimits::default() };
        let fitted = fit(png.clone(), limits).await.expect("fits");
        assert!(fitted.bytes.len() <= 30_000 && fitted.size.width() <= 320, "{}", fitted.bytes.len());
        assert_eq!((fitted.media_type.as_str(), fitted.file_name.as_str()), ("image/jpeg", "clipping.jpg"));
        let webp_only = PictureLimits { formats: &[Format::WebP], ..PictureLimits::default() };
        assert_eq!(fit(png, webp_only).await.expect("fits").media_type, "image/webp");
    }

    #[tokio::test]
    async fn a_picture_that_cannot_be_made_to_fit_is_refused_before_anything_is_sent() {
        let tiny = PictureLimits { max_bytes: Some(10), ..PictureLimits::default() };
        let refused = fit(noise(40, 30), tiny).await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(
            refused.starts_with("The picture cannot be made to fit Bluesky: its smallest file"),
            "{refused}"
        );
        let broken = Post { media_type: "image/png".to_owned(), ..post() };
        let jpeg_only = PictureLimits { formats: &[Format::Jpeg], ..PictureLimits::default() };
        assert!(matches!(fit(broken, jpeg_only).await, Err(PostError::Final { .. })));
    }
}
