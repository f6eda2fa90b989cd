//! A page of your own, rendered in the browser: a picture that visitors can share a part of, the part in words under it,
//! and buttons that choose a part for them.
//!
//! `make example` builds it into `target/examples/csr`. Serve that folder and pass `/api/` on to a `cutline serve`: its opener is a
//! button, so that it leads to no other page.

use cutline::SelectionOverlay;
use cutline::language::{ENGLISH, Labels};
use cutline_model::{Region, ShareReceipt, Source, Target};
use leptos::prelude::*;

/// The overlay's words, as this site says them.
static LABELS: Labels = Labels { tag: "en-GB", description: "What do you see?", ..ENGLISH };

/// The page.
#[component]
fn Page() -> impl IntoView {
    // What is selected: read it, or set it to select something else. None while no overlay is open.
    let region = RwSignal::new(None::<Region>);
    let events = RwSignal::new(Vec::<String>::new());
    let note = move |event: String| events.update(|events| events.push(event));
    view! {
        <h1>"A page of your own"</h1>
        <figure data-cutline-figure="">
            <img src="/pictures/demo/nuthatch.png" alt="A nuthatch on a tree" width="450" />
            // For fingers, keys and screen readers: a pointer that rests on the picture needs none.
            <figcaption><button data-cutline-open="">"Share a part"</button></figcaption>
        </figure>
        <p id="region">{move || region.get().map(|region| region.fragment().to_string())}</p>
        <button on:click=move |_| region.set(Region::parse("xywh=percent:22,18,40,74").ok())>"Select the bird"</button>
        <ul id="events">{move || events.get().into_iter().map(|event| view! { <li>{event}</li> }).collect_view()}</ul>
        <SelectionOverlay
            targets=vec![Target::board()]
            labels=&LABELS
            region=region
            on_open=move |source: Source| note(format!("open {}", source.image_url().unwrap_or_default()))
            on_shared=move |receipt: ShareReceipt| note(format!("shared {}", receipt.url))
            on_error=move |error: cutline::api::ApiError| note(format!("error {error}"))
        />
    }
}

/// Called by the page's script, when the module is loaded.
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(Page);
}
