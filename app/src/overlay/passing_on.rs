//! Ways on from a share that the visitor's own device has: copy the link or the picture, save the picture, hand it to another
//! app.
//!
//! What the browser lacks (a clipboard on plain http, a share sheet on most desktops) is not offered. Success is told only
//! when the browser says so.

use cutline_model::{Attribution, ShareReceipt};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};
use web_sys::js_sys::{Array, Promise, Reflect};
use web_sys::{File, FilePropertyBag, MouseEvent, Navigator, ShareData};

use super::clipboard::{blob_of, can_copy_pictures, copy_picture};
use super::session::Session;
use super::speech::Topic;
use super::view::{RwSignal, Tag, effect, tag, window};
use crate::language::Labels;

/// The buttons under a receipt.
pub(super) fn passing_on(session: Session, receipt: ShareReceipt) -> Tag {
    let labels = session.labels();
    let told = spoken_words(session);
    let navigator = window().navigator();
    let file_name = file_name(&receipt);
    let copy = copy_button(labels, labels.copy_link, receipt.url.clone(), told);
    let copy_picture = can_copy_pictures(&navigator).then(|| {
        let clipping = receipt.clipping.clone();
        way(labels.copy_picture, move || say(copy_picture(&clipping), labels.picture_copied, labels, told))
    });
    // The server names the file: on pages of other sites browsers let no one else.
    let save = tag("a")
        .class("share-outcome__way")
        .attr("href", &format!("{}?download", receipt.clipping.url))
        .text(labels.save_picture);
    let hand_over = has(&navigator, "share").then(|| {
        let text = session.description().get_untracked();
        let file = file_of(&receipt, &file_name);
        way(labels.other_app, move || {
            let (receipt, file, text) = (receipt.clone(), file.clone(), text.clone());
            spawn_local(async move {
                // Closing the sheet is an answer too, and needs no words; a refusal does.
                if let Err(error) = share(&receipt, file, &text).await
                    && Reflect::get(&error, &"name".into()).ok() != Some("AbortError".into())
                {
                    told.try_set(labels.not_allowed);
                }
            });
        })
    });
    tag("div")
        .class("share-outcome__ways")
        .children(copy)
        .children(copy_picture)
        .child(save)
        .children(hand_over)
        .child(told_words(told))
}

/// What may be passed on of a picture that its owner reserves.
pub(super) fn passing_on_attribution(session: Session, attribution: &Attribution) -> Tag {
    let (labels, told) = (session.labels(), spoken_words(session));
    let Attribution { url, text } = attribution;
    let link = tag("a")
        .attr("href", url)
        .attr("target", "_blank")
        .attr("rel", "noopener noreferrer")
        .attr("dir", "auto")
        .text(text);
    tag("div")
        .class("share-outcome__ways share-panel__attribution")
        .child(link)
        .children(copy_button(labels, labels.copy_attribution, text.clone(), told))
        .child(told_words(told))
}

/// A button called `name`.
fn way(name: &str, take: impl Fn() + 'static) -> Tag {
    tag("button")
        .attr("type", "button")
        .class("share-outcome__way")
        .on("click", move |_: MouseEvent| take())
        .text(name)
}

fn told_words(told: RwSignal<&'static str>) -> Tag {
    tag("p").class("share-outcome__told").text_of(move || told.get().to_owned())
}

/// Words that are spoken when they change.
fn spoken_words(session: Session) -> RwSignal<&'static str> {
    let told = RwSignal::new("");
    effect(move || session.say(Topic::PassingOn, told.get().to_owned()));
    told
}

/// A button called `name` that copies `text`, and says in `told` whether it did; none where the browser has no clipboard.
fn copy_button(
    labels: &'static Labels,
    name: &'static str,
    text: String,
    told: RwSignal<&'static str>,
) -> Option<Tag> {
    let copy = move || {
        let written = window().navigator().clipboard().write_text(&text);
        say(Ok(written), labels.copied, labels, told);
    };
    has(&window().navigator(), "clipboard").then(|| way(name, copy))
}

/// Says `done` once `work` is, or that the browser did not allow it.
fn say(
    work: Result<Promise, JsValue>,
    done: &'static str,
    labels: &'static Labels,
    told: RwSignal<&'static str>,
) {
    spawn_local(async move {
        let is_done = match work {
            Ok(promise) => JsFuture::from(promise).await.is_ok(),
            Err(_) => false,
        };
        told.try_set(if is_done { done } else { labels.not_allowed });
    });
}

/// What a saved picture is called: the share's name and the ending of what it is.
fn file_name(receipt: &ShareReceipt) -> String {
    let ending = match receipt.clipping.media_type.strip_prefix("image/") {
        Some("jpeg") | None => "jpg",
        Some(other) => other,
    };
    format!("cutline-{}.{ending}", receipt.id)
}

fn has(navigator: &Navigator, name: &str) -> bool {
    Reflect::get(navigator, &name.into()).is_ok_and(|value| value.is_truthy())
}

/// Opens the device's share sheet, with the picture where it takes files, else with the link.
async fn share(receipt: &ShareReceipt, file: Promise, text: &str) -> Result<(), JsValue> {
    let file = JsFuture::from(file).await?;
    let navigator = window().navigator();
    let data = ShareData::new();
    if !text.is_empty() {
        data.set_text(text);
    }
    data.set_url(&receipt.url);
    if file.is_object() {
        data.set_files(&Array::of1(&file));
        if !navigator.can_share_with_data(&data) {
            Reflect::delete_property(&data, &"files".into())?;
        }
    }
    JsFuture::from(navigator.share_with_data(&data)).await.map(drop)
}

/// The picture as a file, or null where it cannot be had. It is asked for before the button is pressed, since browsers open
/// no sheet for a press that was a while ago; and it is on the screen already, so that the browser has it in its cache.
fn file_of(receipt: &ShareReceipt, name: &str) -> Promise {
    let (clipping, name) = (receipt.clipping.clone(), name.to_owned());
    future_to_promise(async move {
        let Ok(blob) = blob_of(&clipping).await else { return Ok(JsValue::NULL) };
        let options = FilePropertyBag::new();
        options.set_type(&clipping.media_type);
        File::new_with_blob_sequence_and_options(&Array::of1(&blob), &name, &options).map(Into::into)
    })
}

#[cfg(test)]
mod tests {
    use cutline_model::Clipping;

    use super::*;

    fn called(media_type: &str, expected: &str) {
        let clipping =
            Clipping { url: String::new(), width: 1, height: 1, media_type: media_type.to_owned(), bytes: 1 };
        let receipt = ShareReceipt {
            id: "abc".to_owned(),
            url: String::new(),
            clipping,
            deliveries: Vec::new(),
            delete_url: None,
        };
        assert_eq!(file_name(&receipt), expected);
    }

    sentences! {
        a_saved_jpeg_has_the_ending_that_everybody_knows: called("image/jpeg", "cutline-abc.jpg");
        a_saved_png_has_its_ending: called("image/png", "cutline-abc.png");
        a_saved_webp_has_its_ending: called("image/webp", "cutline-abc.webp");
        a_saved_gif_has_its_ending: called("image/gif", "cutline-abc.gif");
    }
}
