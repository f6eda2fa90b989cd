//! The picture itself on the clipboard. Clipboards take PNG and hardly anything else, so that is what every clipping becomes.
//!
//! The clipboard is asked within the press, and gets a promise of the picture: browsers refuse whoever asks only when the
//! picture is there.

use cutline_model::Clipping;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::js_sys::{Array, Object, Promise, Reflect};
use web_sys::{
    Blob, ClipboardItem, ImageBitmap, Navigator, OffscreenCanvas, OffscreenCanvasRenderingContext2d, Response,
};

use super::view::window;

/// What clipboards take.
const PNG: &str = "image/png";

/// Whether the browser can put a picture on the clipboard at all.
pub(super) fn can_copy_pictures(navigator: &Navigator) -> bool {
    let has = |object: &JsValue, name: &str| Reflect::has(object, &name.into()).unwrap_or(false);
    let window = window();
    Reflect::get(navigator, &"clipboard".into())
        .is_ok_and(|clipboard| clipboard.is_object() && has(&clipboard, "write"))
        && has(&window, "ClipboardItem")
        && has(&window, "OffscreenCanvas")
}

/// Puts the picture on the clipboard; the promise is kept when it is there.
pub(super) fn copy_picture(clipping: &Clipping) -> Result<Promise, JsValue> {
    let clipping = clipping.clone();
    let picture = future_to_promise(async move { png_of(&clipping).await.map(Into::into) });
    let items = Object::new();
    Reflect::set(&items, &PNG.into(), &picture)?;
    let item = ClipboardItem::new_with_record_from_str_to_blob_promise(&items)?;
    Ok(window().navigator().clipboard().write(&Array::of1(&item)))
}

/// The bytes of a clipping.
pub(super) async fn blob_of(clipping: &Clipping) -> Result<Blob, JsValue> {
    let response: Response = JsFuture::from(window().fetch_with_str(&clipping.url)).await?.dyn_into()?;
    if !response.ok() {
        return Err(response.status().into());
    }
    JsFuture::from(response.blob()?).await?.dyn_into()
}

async fn png_of(clipping: &Clipping) -> Result<Blob, JsValue> {
    let blob = blob_of(clipping).await?;
    if clipping.media_type == PNG {
        return Ok(blob);
    }
    let picture: ImageBitmap =
        JsFuture::from(window().create_image_bitmap_with_blob(&blob)?).await?.dyn_into()?;
    let canvas = OffscreenCanvas::new(picture.width(), picture.height())?;
    let context: OffscreenCanvasRenderingContext2d =
        canvas.get_context("2d")?.ok_or(JsValue::NULL)?.dyn_into()?;
    context.draw_image_with_image_bitmap(&picture, 0.0, 0.0)?;
    // Without options it is a PNG.
    JsFuture::from(canvas.convert_to_blob()?).await?.dyn_into()
}
