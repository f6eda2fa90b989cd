//! What the overlay reads from the page it stands on: which elements are pictures, what they show and where.
//!
//! Reads only; nothing of the page is changed. A page may say more about a picture than the browser knows, in
//! attributes of the `<img>`: `data-cutline-source` (address of the original) and `data-cutline-width`, `-height`
//! (its size in pixels). What `cutline_model::wishes` lists keeps pictures out; the server obeys it too.

use cutline_model::wishes::{KEPT_OUT_ATTRIBUTES, KEPT_OUT_INSIDE, KEPT_OUT_PAGES};
use cutline_model::{OverlaySettings, Size, Source};
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;
use web_sys::js_sys::Reflect;
use web_sys::{
    CssStyleDeclaration, Element, EventTarget, HtmlElement, HtmlImageElement, MouseEvent, ResizeObserver,
};

use super::geometry::{Appearance, Edges, Frame, ObjectFit, Offset, Point, Rect};

/// Longest alt text sent to tell pictures apart: the request stays small.
const MAX_ALT_BYTES: usize = 250;

/// A picture the overlay was opened on.
///
/// The elements belong to the browser's one thread; on the server none is ever made.
#[derive(Clone)]
pub(super) struct Opened {
    /// The element.
    pub(super) picture: SendWrapper<HtmlImageElement>,
    /// What the share request says about it.
    pub(super) source: Source,
    /// The original's size as displayed, as far as the page knows it.
    pub(super) size: Size,
    /// What it shows, as the page says.
    pub(super) alt: String,
    /// The button or link that opened it; none after a dwell.
    pub(super) opener: Option<SendWrapper<HtmlElement>>,
}

impl Opened {
    /// The picture `element`, when it is loaded and can be named by an address.
    pub(super) fn of(element: HtmlImageElement, opener: Option<HtmlElement>) -> Option<Self> {
        let size = size_of(&element)?;
        let source = source_of(&element, size)?;
        let alt = element.alt();
        Some(Self {
            picture: SendWrapper::new(element),
            source,
            size,
            alt,
            opener: opener.map(SendWrapper::new),
        })
    }
}

/// The picture at `target`, when it is one that reacts: loaded, large enough, and not kept out.
pub(super) fn reacting_picture(
    target: Option<EventTarget>,
    settings: &OverlaySettings,
) -> Option<HtmlImageElement> {
    let picture = target?.dyn_into::<HtmlImageElement>().ok()?;
    let rect = picture.get_bounding_client_rect();
    let large =
        rect.width() >= f64::from(settings.min_width) && rect.height() >= f64::from(settings.min_height);
    (large && picture.natural_width() > 0 && !is_off(&picture)).then_some(picture)
}

/// The picture that belongs to an opener: the one in the same figure.
pub(super) fn picture_of_opener(opener: &Element) -> Option<HtmlImageElement> {
    opener.closest("[data-cutline-figure]").ok()??.query_selector("img").ok()??.dyn_into().ok()
}

/// Whether the owner of the page keeps this picture out, the part of the page that it is in, or the whole page.
fn is_off(picture: &Element) -> bool {
    let (name, value) = KEPT_OUT_INSIDE;
    let finds = |found: Result<Option<Element>, JsValue>| found.ok().flatten().is_some();
    KEPT_OUT_ATTRIBUTES.iter().any(|name| picture.has_attribute(name))
        || finds(picture.closest(&format!("[{name}={value} i]")))
        || KEPT_OUT_PAGES.iter().any(|(name, word)| {
            finds(document().query_selector(&format!("meta[name={name} i][content~={word} i]")))
        })
}

/// The original's size: what the page says, else what the browser loaded.
fn size_of(picture: &HtmlImageElement) -> Option<Size> {
    let said = |name: &str| picture.get_attribute(name)?.parse().ok();
    said("data-cutline-width")
        .zip(said("data-cutline-height"))
        .and_then(|(width, height)| Size::new(width, height))
        .or_else(|| Size::new(picture.natural_width(), picture.natural_height()))
}

fn source_of(picture: &HtmlImageElement, natural: Size) -> Option<Source> {
    let address = picture.get_attribute("data-cutline-source").unwrap_or_else(|| picture.current_src());
    let page =
        window().location().href().ok().map(|href| href.split('#').next().unwrap_or_default().to_owned());
    let index = place_in_document(picture);
    let source = match (Source::of_image(address), page) {
        (Ok(source), Some(page)) => source.clone().seen_on(page, index).unwrap_or(source),
        (Ok(source), None) => source,
        // A `data:` or `blob:` picture has no address of its own: name it by its place in the page, and what tells it apart
        // should the page have changed.
        (Err(_), Some(page)) => {
            let alt = Some(picture.alt()).filter(|alt| alt.len() <= MAX_ALT_BYTES);
            Source::of_page(page, index?).ok()?.with_alt(alt)
        }
        (Err(_), None) => return None,
    };
    Some(source.with_natural(Some(natural)))
}

/// The picture's place in `document.images`.
fn place_in_document(picture: &HtmlImageElement) -> Option<u32> {
    let images = document().images();
    (0..images.length())
        .find(|&index| images.item(index).is_some_and(|element| element.is_same_node(Some(picture))))
}

/// Where the picture is painted now, in coordinates of the page; nothing when it has left the page or is hidden.
pub(super) fn frame_of(picture: &HtmlImageElement) -> Option<Frame> {
    let rect = picture.get_bounding_client_rect();
    if !picture.is_connected() || rect.width() < 1.0 || rect.height() < 1.0 {
        return None;
    }
    let style = window().get_computed_style(picture).ok()??;
    let (layout_width, layout_height) =
        (f64::from(picture.offset_width()), f64::from(picture.offset_height()));
    let scale = |shown: f64, layout: f64| if layout > 0.0 { shown / layout } else { 1.0 };
    let window = window_rect();
    Some(Frame::of(&Appearance {
        border_box: Rect { left: rect.left(), top: rect.top(), width: rect.width(), height: rect.height() }
            .moved_by(window.left, window.top),
        scale: (scale(rect.width(), layout_width), scale(rect.height(), layout_height)),
        edges: Edges {
            left: side(&style, "left"),
            top: side(&style, "top"),
            right: side(&style, "right"),
            bottom: side(&style, "bottom"),
        },
        natural: (f64::from(picture.natural_width()), f64::from(picture.natural_height())),
        fit: ObjectFit::parse(&value(&style, "object-fit")),
        position: Offset::parse_pair(&value(&style, "object-position")),
    }))
}

/// How the picture's corners are rounded, as CSS, so that the shade is rounded alike.
pub(super) fn corners_of(picture: &HtmlImageElement) -> String {
    let style = window().get_computed_style(picture).ok().flatten();
    style.map(|style| value(&style, "border-radius")).unwrap_or_default()
}

/// Border and padding of one side, in layout pixels.
fn side(style: &CssStyleDeclaration, side: &str) -> f64 {
    let pixels = |name: &str| value(style, name).trim_end_matches("px").parse::<f64>().unwrap_or(0.0);
    pixels(&format!("border-{side}-width")) + pixels(&format!("padding-{side}"))
}

fn value(style: &CssStyleDeclaration, name: &str) -> String {
    style.get_property_value(name).unwrap_or_default()
}

/// The part of the page that the window shows, in coordinates of the page.
pub(super) fn window_rect() -> Rect {
    let window = window();
    let root = document().document_element();
    let length = |inner: Result<JsValue, JsValue>, client: Option<i32>| {
        // The client size leaves out the scroll bar.
        client.map(f64::from).or_else(|| inner.ok()?.as_f64()).unwrap_or(0.0)
    };
    Rect {
        left: window.scroll_x().unwrap_or(0.0),
        top: window.scroll_y().unwrap_or(0.0),
        width: length(window.inner_width(), root.as_ref().map(Element::client_width)),
        height: length(window.inner_height(), root.as_ref().map(Element::client_height)),
    }
}

/// Where a pointer is, in coordinates of the page.
///
/// Read by name because web-sys' getters cut the coordinates down to whole pixels, which on a scaled picture are many.
pub(super) fn point_of(event: &MouseEvent) -> Point {
    let read =
        |name: &str| Reflect::get(event, &name.into()).ok().and_then(|value| value.as_f64()).unwrap_or(0.0);
    let window = window_rect();
    Point { x: read("clientX") + window.left, y: read("clientY") + window.top }
}

/// Brings the top of a rectangle of the page to the top of the window.
pub(super) fn scroll_to(rect: Rect) {
    window().scroll_to_with_x_and_y(window_rect().left, rect.top);
}

/// A listener that is taken away when this is dropped.
pub(super) struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn Fn(web_sys::Event)>,
}

impl Listener {
    /// Calls `callback` at each `event` on `target` and what is inside it, before anybody there can stop the event.
    pub(super) fn new(
        target: &EventTarget,
        event: &'static str,
        callback: impl Fn(web_sys::Event) + 'static,
    ) -> Self {
        let callback = Closure::<dyn Fn(web_sys::Event)>::new(callback);
        // Refused only for a null callback; and a page without this listener is no worse than one without script.
        let _ =
            target.add_event_listener_with_callback_and_bool(event, callback.as_ref().unchecked_ref(), true);
        Self { target: target.clone(), event, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.callback.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback_and_bool(self.event, function, true);
    }
}

/// Calls `moved` whenever the picture may have moved or changed its size, until this is dropped.
pub(super) struct Watch {
    observer: Option<ResizeObserver>,
    _callback: Closure<dyn Fn()>,
    _listeners: Vec<Listener>,
}

impl Watch {
    pub(super) fn new(picture: &HtmlImageElement, moved: impl Fn() + Clone + 'static) -> Self {
        let callback = Closure::<dyn Fn()>::new(moved.clone());
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(picture);
        }
        let listener = |target: &EventTarget, event| {
            let moved = moved.clone();
            Listener::new(target, event, move |_| moved())
        };
        let window: EventTarget = window().into();
        let listeners =
            vec![listener(&window, "scroll"), listener(&window, "resize"), listener(picture, "load")];
        Self { observer, _callback: callback, _listeners: listeners }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}
