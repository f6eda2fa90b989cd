//! The wasm entry: wakes the islands of a server-rendered page.

use cutline as _; // the islands that the page names are exported from there

/// Called once by the page's script, when the module is loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
