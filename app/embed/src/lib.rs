//! The wasm entry of `/embed/v1.js`: the overlay on pages of other sites. The script around it (`script/`) decides when it is
//! loaded, and gives it what the page and the server say; here is no router and no server function.

mod configuration;
mod remote;

use std::cell::OnceCell;
use std::rc::Rc;

use cutline::json;
use cutline::overlay::embedded::{Embedded, Setting, Told};
use cutline_model::{Region, ShareReceipt};
use wasm_bindgen::prelude::*;
use web_sys::js_sys::{Error, Function, Reflect};
use web_sys::{CssStyleSheet, Element, HtmlElement, HtmlImageElement};

use self::configuration::Configuration;
use self::remote::Remote;

thread_local! {
    static EMBEDDED: OnceCell<Rc<Embedded>> = const { OnceCell::new() };
}

/// Starts the overlay, once, with what script and server say and the text of its style sheet. `ready` is called when it
/// listens, and `told` with the name of what happens (`dwell`, `open`, `region`, `shared`, `refused`, `close`), the picture, and its
/// detail; at `dwell` it answers whether the overlay may come.
#[wasm_bindgen]
pub fn start(configuration: JsValue, styles: &str, ready: &Function, told: Function) -> Result<(), JsValue> {
    let configuration: Configuration =
        json::of_value(configuration).ok_or("the server speaks otherwise than this script")?;
    let sheet = CssStyleSheet::new()?;
    // Read by name: web-sys keeps what is new behind a flag of the compiler.
    Reflect::get(&sheet, &"replaceSync".into())?
        .unchecked_into::<Function>()
        .call1(&sheet, &styles.into())?;
    let server: &'static Remote = Box::leak(Box::new(Remote::new(&configuration)));
    let setting = Setting {
        language: configuration.language(),
        theme: configuration.theme(),
        choice: configuration.choice(),
        targets: configuration.server.targets,
        settings: configuration.server.settings,
        styles: sheet.into(),
        server,
    };
    let tell = move |picture: &Element, what: Told| {
        let (name, detail) = in_words(what);
        told.call3(&JsValue::NULL, &name.into(), picture, &detail).is_ok_and(|may| may.is_truthy())
    };
    EMBEDDED.with(|embedded| {
        embedded.get_or_init(|| Rc::new(Embedded::start(setting, tell)));
    });
    ready.call0(&JsValue::NULL)?;
    Ok(())
}

/// Opens the overlay on a picture, or on what offers one as its background, with a part selected if `region` says one; whether that
/// picture can be shared.
#[wasm_bindgen]
pub async fn open(element: HtmlElement, region: Option<String>) -> Result<bool, Error> {
    let region = region.map(|said| Region::parse(&said).map_err(|_| not_understood(&said))).transpose()?;
    match EMBEDDED.with(|embedded| embedded.get().cloned()) {
        Some(embedded) => Ok(embedded.open(element, region).await),
        None => Ok(false),
    }
}

fn not_understood(region: &str) -> Error {
    Error::new(&["region ", region, " is no part of a picture; one is xywh=percent:25,10,30,40"].concat())
}

/// Closes the overlay.
#[wasm_bindgen]
pub fn close() {
    with(|embedded| {
        embedded.close();
        true
    });
}

/// Shows a part that was shared from a picture; whether it can be shown.
#[wasm_bindgen]
pub fn quote(picture: HtmlImageElement, region: &str, text: String) -> bool {
    Region::parse(region).is_ok_and(|region| with(|embedded| embedded.quote(picture, region, text)))
}

fn with(work: impl FnOnce(&Embedded) -> bool) -> bool {
    EMBEDDED.with(|embedded| embedded.get().is_some_and(|embedded| work(embedded)))
}

fn in_words(what: Told) -> (&'static str, JsValue) {
    match what {
        Told::Opened(source) => ("open", json::to_value(&source)),
        Told::Region(region) => ("region", region.fragment().to_string().into()),
        // Every script on the page hears it; who can delete the share is its maker alone.
        Told::Shared(receipt) => ("shared", json::to_value(&ShareReceipt { delete_url: None, ..receipt })),
        Told::Refused(error) => ("refused", error.to_string().into()),
        Told::Closed => ("close", JsValue::NULL),
        Told::Dwelt => ("dwell", JsValue::NULL),
    }
}
