//! Ways on from a share that the visitor's own device has: copy the link, save the picture, hand it to another app.
//!
//! What the browser lacks (a clipboard on plain http, a share sheet on most desktops) is not offered. Success is told only
//! when the browser says so.

use cutline_model::{Attribution, ShareReceipt};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::js_sys::{Array, Reflect};
use web_sys::{Blob, File, FilePropertyBag, Navigator, Response, ShareData};

use super::session::Session;
use crate::language::Labels;

/// The buttons under a receipt.
#[component]
pub(super) fn PassingOn(session: Session, receipt: ShareReceipt) -> impl IntoView {
    let labels = session.labels();
    let told = RwSignal::new("");
    let navigator = window().navigator();
    let file_name = file_name(&receipt);
    let copy = copy_button(labels, labels.copy_link, receipt.url.clone(), told);
    let hand_over = has(&navigator, "share").then(|| {
        let (receipt, file_name) = (receipt.clone(), file_name.clone());
        let text = session.description().get_untracked();
        let hand_over = move |_| {
            let (receipt, file_name, text) = (receipt.clone(), file_name.clone(), text.clone());
            spawn_local(async move {
                // Closing the sheet is an answer too, and needs no words; a refusal does.
                if let Err(error) = share(&receipt, &file_name, &text).await
                    && Reflect::get(&error, &"name".into()).ok() != Some("AbortError".into())
                {
                    told.try_set(labels.not_allowed);
                }
            });
        };
        view! { <button type="button" class="share-outcome__way" on:click=hand_over>{labels.other_app}</button> }
    });
    view! {
        <div class="share-outcome__ways">
            {copy}
            <a class="share-outcome__way" href=receipt.clipping.url download=file_name>{labels.save_picture}</a>
            {hand_over}
            <p class="share-outcome__told" role="status">{told}</p>
        </div>
    }
}

/// What may be passed on of a picture that its owner reserves.
#[component]
pub(super) fn PassingOnAttribution(labels: &'static Labels, attribution: Attribution) -> impl IntoView {
    let told = RwSignal::new("");
    let Attribution { url, text } = attribution;
    let copy = copy_button(labels, labels.copy_attribution, text.clone(), told);
    view! {
        <div class="share-outcome__ways share-panel__attribution">
            <a href=url target="_blank" rel="noopener noreferrer" dir="auto">{text}</a>
            {copy}
            <p class="share-outcome__told" role="status">{told}</p>
        </div>
    }
}

/// A button called `name` that copies `text`, and says in `told` whether it did; none where the browser has no clipboard.
fn copy_button(
    labels: &'static Labels,
    name: &'static str,
    text: String,
    told: RwSignal<&'static str>,
) -> Option<impl IntoView> {
    let copy = move |_| {
        let written = JsFuture::from(window().navigator().clipboard().write_text(&text));
        spawn_local(async move {
            told.try_set(if written.await.is_ok() { labels.copied } else { labels.not_allowed });
        });
    };
    has(&window().navigator(), "clipboard")
        .then(|| view! { <button type="button" class="share-outcome__way" on:click=copy>{name}</button> })
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
async fn share(receipt: &ShareReceipt, file_name: &str, text: &str) -> Result<(), JsValue> {
    let navigator = window().navigator();
    let data = ShareData::new();
    if !text.is_empty() {
        data.set_text(text);
    }
    data.set_url(&receipt.url);
    // It is on the screen already: the browser has it in its cache.
    let file = file_of(receipt, file_name).await?;
    data.set_files(&Array::of1(&file));
    if !navigator.can_share_with_data(&data) {
        Reflect::delete_property(&data, &"files".into())?;
    }
    JsFuture::from(navigator.share_with_data(&data)).await.map(drop)
}

async fn file_of(receipt: &ShareReceipt, name: &str) -> Result<File, JsValue> {
    let response: Response =
        JsFuture::from(window().fetch_with_str(&receipt.clipping.url)).await?.dyn_into()?;
    let blob: Blob = JsFuture::from(response.blob()?).await?.dyn_into()?;
    let options = FilePropertyBag::new();
    options.set_type(&receipt.clipping.media_type);
    File::new_with_blob_sequence_and_options(&Array::of1(&blob), name, &options)
}

#[cfg(test)]
mod tests {
    use cutline_model::Clipping;

    use super::*;

    #[test]
    fn a_saved_picture_is_called_after_its_share_and_its_type() {
        for (media_type, expected) in [
            ("image/jpeg", "cutline-abc.jpg"),
            ("image/png", "cutline-abc.png"),
            ("image/webp", "cutline-abc.webp"),
            ("image/gif", "cutline-abc.gif"),
        ] {
            let clipping = Clipping {
                url: String::new(),
                width: 1,
                height: 1,
                media_type: media_type.to_owned(),
                bytes: 1,
            };
            let receipt = ShareReceipt {
                id: "abc".to_owned(),
                url: String::new(),
                clipping,
                deliveries: Vec::new(),
                delete_url: None,
            };
            assert_eq!(file_name(&receipt), expected);
        }
    }
}
