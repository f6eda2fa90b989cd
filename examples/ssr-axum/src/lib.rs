//! A site of your own with Leptos and axum: the server renders the page, the browser hydrates all of it.
//!
//! `make example` builds both halves; `cargo run -p cutline-example-ssr-axum` serves them.

use cutline::{Gallery, SelectionOverlay};
use cutline_model::{Credit, Gallery as Pictures, OverlaySettings, Picture, Region, Target};
use leptos::prelude::*;

/// The page: a gallery, what of it is selected in words, and the overlay.
#[component]
pub fn Page() -> impl IntoView {
    // Not given to the overlay: it keeps its selection to itself, and says what it is.
    let selected = RwSignal::new(None::<Region>);
    let settings = OverlaySettings { dwell_ms: 400, ..OverlaySettings::default() };
    view! {
        <h1>"A site of your own"</h1>
        <Gallery gallery=pictures() />
        <p id="region">{move || selected.get().map(|region| region.fragment().to_string())}</p>
        <SelectionOverlay
            targets=vec![Target::board()]
            settings=settings
            on_region=move |region: Region| selected.set(Some(region))
        />
    }
}

fn pictures() -> Pictures {
    let picture = |name: &str, title: &str, alt: &str, author: &str| Picture {
        title: title.to_owned(),
        alt: alt.to_owned(),
        credit: Credit { author: author.to_owned(), ..Credit::default() },
        ..Picture::at(format!("/pictures/demo/{name}"))
    };
    Pictures {
        slug: "own".to_owned(),
        title: "A site of your own".to_owned(),
        pictures: vec![
            picture("nuthatch.png", "Head first", "A nuthatch on a tree", ""),
            picture("mountain-trail.jpg", "The path goes on", "A trail in the mountains", ""),
        ],
    }
}

/// The document around it.
#[component]
pub fn Document() -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <title>"A site of your own"</title>
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="stylesheet" href="/pkg/components.css" />
                <script type="module">
                    "import start, { hydrate } from '/own/example.js'; await start({ module_or_path: '/own/example.wasm' }); hydrate();"
                </script>
            </head>
            <body>
                <Page />
            </body>
        </html>
    }
}

/// Called by the page's script, when the module is loaded.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(Page);
}
