//! A site of your own with Leptos' islands: the page is plain HTML, and the overlay is all that the browser runs.
//!
//! `make example` builds both halves; `cargo run -p cutline-example-islands` serves them.

use cutline::{SelectionOverlay, ShareablePicture};
use cutline_model::{Picture, Target};
use leptos::prelude::*;

/// The overlay, for every picture of the page. What it is given is made in here: islands take only what can travel.
#[island]
pub fn ShareParts() -> impl IntoView {
    view! { <SelectionOverlay targets=vec![Target::board()] /> }
}

/// The document, of which only the island is run in the browser.
#[component]
pub fn Document() -> impl IntoView {
    let picture = Picture {
        title: "Head first".to_owned(),
        alt: "A nuthatch on a tree".to_owned(),
        ..Picture::at("/pictures/demo/nuthatch.png")
    };
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <title>"Islands"</title>
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="stylesheet" href="/pkg/components.css" />
                <script type="module">
                    "import start, * as islands from '/own/example.js';"
                    "await start({ module_or_path: '/own/example.wasm' });"
                    "islands.hydrate();"
                    "for (const island of document.querySelectorAll('leptos-island')) islands[island.dataset.component](island);"
                </script>
            </head>
            <body>
                <h1>"Islands"</h1>
                <ShareablePicture picture=picture />
                <ShareParts />
            </body>
        </html>
    }
}

/// Called by the page's script, when the module is loaded; the islands follow.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
