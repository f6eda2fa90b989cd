//! Where things are on the page, measured: the picture, the window, the pointer.
//!
//! Reads only, styles and rectangles; what they mean is worked out in `geometry`.

use cutline_model::decimal;
use wasm_bindgen::prelude::*;
use web_sys::js_sys::{Object, Reflect};
use web_sys::{CssStyleDeclaration, Element, HtmlElement, HtmlImageElement, MouseEvent};

use super::background::fit_of;
use super::geometry::{Appearance, Edges, Frame, Linear, ObjectFit, Offset, Point, Rect, ViewBox};
use super::page::outwards;
use super::view::{document, window};

/// Where the picture is painted now, in coordinates of the page; nothing when it has left the page or cannot be seen. It is
/// shown by `ground`: by itself, in the content box, or as a background, which begins inside the border.
pub(super) fn frame_of(picture: &HtmlImageElement, ground: &Element) -> Option<Frame> {
    let rect = rect_of(ground);
    let has_size = !rect.is_empty() && picture.natural_width() > 0;
    if !(ground.is_connected() && has_size && is_seen(ground)) {
        return None;
    }
    let style = style_of(ground)?;
    let (border, padding) = (sides(&style, "border-", "-width"), sides(&style, "padding-", ""));
    let of = |name: &str| value(&style, name);
    let (edges, fit, position, view_box) = if ground.is_instance_of::<HtmlImageElement>() {
        let view_box = ViewBox::parse(&of("object-view-box"))?;
        (border.and(padding), ObjectFit::parse(&of("object-fit")), of("object-position"), view_box)
    } else {
        let edges = match of("background-origin").as_str() {
            "content-box" => border.and(padding),
            "border-box" => Edges::default(),
            _ => border,
        };
        let fit = fit_of(&of("background-size"), &of("background-repeat"))?;
        (edges, fit, of("background-position"), ViewBox::WHOLE)
    };
    let window = window_rect();
    Frame::of(&Appearance {
        layout: layout_size(&style, border.and(padding)),
        edges,
        natural: (f64::from(picture.natural_width()), f64::from(picture.natural_height())),
        fit,
        position: Offset::parse_pair(&position),
        view_box,
        linear: linear_of(ground),
        bounds: rect.moved_by(window.left, window.top),
    })
}

#[wasm_bindgen]
extern "C" {
    /// An element that tells whether it is seen; web-sys does not know that it does.
    #[wasm_bindgen(extends = Element)]
    type Seen;

    #[wasm_bindgen(method, js_name = checkVisibility, catch)]
    fn check_visibility(this: &Seen, how: &Object) -> Result<bool, JsValue>;
}

/// Whether the page lets `element` be seen, as its picture is: it is not invisible, not wholly transparent, nor is what it is in; and
/// it is not shown otherwise than its file says, which servers turn it by.
pub(super) fn is_seen(element: &Element) -> bool {
    let how = Object::new();
    for name in ["opacityProperty", "visibilityProperty"] {
        let _ = Reflect::set(&how, &name.into(), &true.into());
    }
    // Browsers that cannot tell (Safari before 17.4) are not asked to.
    element.unchecked_ref::<Seen>().check_visibility(&how).unwrap_or(true)
        && style_of(element).is_some_and(|style| value(&style, "image-orientation") != "none")
}

/// What of the page around `ground` is not cut off by what it is in, in coordinates of the page.
pub(super) fn shown_around(ground: &Element) -> Rect {
    let window = window_rect();
    let mut shown = Rect { left: -FAR, top: -FAR, width: 2.0 * FAR, height: 2.0 * FAR };
    let mut around = outwards(ground);
    let mut inner = around.next().and_then(|ground| style_of(&ground)).map(|style| value(&style, "position"));
    for outer in around {
        let Some(style) = style_of(&outer) else { break };
        let position = value(&style, "position");
        // Of those two, what overflows is the window's.
        if inner.as_deref() == Some("fixed") || matches!(outer.tag_name().as_str(), "BODY" | "HTML") {
            break;
        }
        // Out of the flow, it is in what it is placed in, and in nothing between.
        if inner.as_deref() == Some("absolute") && position == "static" {
            continue;
        }
        let cuts = |name: &str| value(&style, name) != "visible";
        let (sideways, upright) = (cuts("overflow-x"), cuts("overflow-y"));
        if sideways || upright {
            let inside = inside_of(&outer).moved_by(window.left, window.top);
            shown = shown.intersection(Rect {
                left: if sideways { inside.left } else { -FAR },
                top: if upright { inside.top } else { -FAR },
                width: if sideways { inside.width } else { 2.0 * FAR },
                height: if upright { inside.height } else { 2.0 * FAR },
            });
        }
        inner = Some(position);
    }
    shown
}

/// The upright rectangle around `element`, in coordinates of the window.
pub(super) fn rect_of(element: &Element) -> Rect {
    let rect = element.get_bounding_client_rect();
    Rect { left: rect.left(), top: rect.top(), width: rect.width(), height: rect.height() }
}

/// What is inside of an element's border and scroll bars, where what it is in does not turn it; all of it where it is turned.
fn inside_of(element: &Element) -> Rect {
    let whole = rect_of(element);
    let Some(element) = element.dyn_ref::<HtmlElement>() else { return whole };
    let x = whole.width / f64::from(element.offset_width());
    let y = whole.height / f64::from(element.offset_height());
    // Sizes of layout are whole pixels; without one there is no factor.
    let is_known = (x / y - 1.0).abs() < 0.02;
    if !is_known {
        return whole;
    }
    Rect {
        left: whole.left + f64::from(element.client_left()) * x,
        top: whole.top + f64::from(element.client_top()) * y,
        width: f64::from(element.client_width()) * x,
        height: f64::from(element.client_height()) * y,
    }
}

/// Farther than any page reaches, in CSS pixels.
const FAR: f64 = 1e9;

/// The size of the border box before transforms: the used values, which unlike `offsetWidth` are not rounded.
fn layout_size(style: &CssStyleDeclaration, edges: Edges) -> (f64, f64) {
    let (width, height) = (pixels(style, "width"), pixels(style, "height"));
    if value(style, "box-sizing") == "border-box" {
        (width, height)
    } else {
        (width + edges.left + edges.right, height + edges.top + edges.bottom)
    }
}

/// What the transforms of `element` and of everything around it do together; nothing when one cannot be read, or with
/// perspective, which no such map has.
fn linear_of(element: &Element) -> Option<Linear> {
    let mut around = outwards(element);
    let mut linear = own_linear(&style_of(&around.next()?)?)?;
    for outer in around {
        let style = style_of(&outer)?;
        // Without a box it ends no space either: what is turned in it is in that of what is around it.
        if value(&style, "display") == "contents" {
            continue;
        }
        if linear.has_depth() && value(&style, "perspective") != "none" {
            return None;
        }
        if value(&style, "transform-style") != "preserve-3d" {
            linear = linear.flattened();
        }
        if is_transformable(&outer, &style) {
            linear = own_linear(&style)?.around(linear);
        }
    }
    Some(linear)
}

fn own_linear(style: &CssStyleDeclaration) -> Option<Linear> {
    // On a path an element is turned as that runs. Browsers that know none have no value.
    if !matches!(value(style, "offset-path").as_str(), "" | "none") {
        return None;
    }
    Linear::of_style(&value(style, "rotate"), &value(style, "scale"), &value(style, "transform"))
}

/// Inline boxes have transforms that do nothing (CSS Transforms Level 1, "transformable").
fn is_transformable(element: &Element, style: &CssStyleDeclaration) -> bool {
    !element.is_instance_of::<HtmlElement>() || value(style, "display") != "inline"
}

/// How the picture's corners are rounded, as CSS in layout pixels, so that the shade is rounded alike.
pub(super) fn corners_of(ground: &Element) -> String {
    style_of(ground).map(|style| value(&style, "border-radius")).unwrap_or_default()
}

/// Whether a click on the picture does something, as far as its cursor says so: in a link, in a lightbox.
pub(super) fn is_clickable(picture: &Element) -> bool {
    style_of(picture).is_some_and(|style| matches!(value(&style, "cursor").as_str(), "pointer" | "zoom-in"))
}

/// The zoom that `element`'s surroundings put on everything in them, also on what is in the top layer.
pub(super) fn zoom_around(element: &Element) -> f64 {
    // Read by name: web-sys does not know it yet, nor do browsers without the standard's `zoom`.
    let zoom = element
        .parent_element()
        .and_then(|parent| Reflect::get(&parent, &"currentCSSZoom".into()).ok()?.as_f64());
    zoom.filter(|zoom| *zoom > 0.0).unwrap_or(1.0)
}

/// A property that the four sides have each, in layout pixels: what its names begin and end with.
fn sides(style: &CssStyleDeclaration, before: &str, after: &str) -> Edges {
    let [left, top, right, bottom] =
        ["left", "top", "right", "bottom"].map(|side| pixels(style, &format!("{before}{side}{after}")));
    Edges { left, top, right, bottom }
}

fn pixels(style: &CssStyleDeclaration, name: &str) -> f64 {
    decimal(value(style, name).trim_end_matches("px")).unwrap_or(0.0)
}

/// A computed value, as text; empty for a property that the browser does not know.
pub(super) fn value(style: &CssStyleDeclaration, name: &str) -> String {
    style.get_property_value(name).unwrap_or_default()
}

/// The computed style of `element`.
pub(super) fn style_of(element: &Element) -> Option<CssStyleDeclaration> {
    window().get_computed_style(element).ok().flatten()
}

/// The part of the page that the window shows, in coordinates of the page.
pub(super) fn window_rect() -> Rect {
    let (window, document) = (window(), document());
    // Without a doctype (quirks mode) the root is as high as what is in it, and the body's client size is the window's.
    let root = match document.compat_mode().as_str() {
        "BackCompat" => document.body().map(Into::into),
        _ => document.document_element(),
    };
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
    let (point, window) = (point_in_window(event), window_rect());
    Point { x: point.x + window.left, y: point.y + window.top }
}

/// The same in coordinates of the window, in which a pointer rests while the page scrolls.
pub(super) fn point_in_window(event: &MouseEvent) -> Point {
    let read =
        |name: &str| Reflect::get(event, &name.into()).ok().and_then(|value| value.as_f64()).unwrap_or(0.0);
    Point { x: read("clientX"), y: read("clientY") }
}

/// Whether `element` is a scroller of the page's, other than the page itself, that goes on in this direction.
pub(super) fn scrolls(element: &Element, x: f64, y: f64) -> bool {
    let document = document();
    let is_page = |root: Option<Element>| root.as_ref() == Some(element);
    if is_page(document.document_element()) || is_page(document.body().map(Into::into)) {
        return false;
    }
    let Some(style) = style_of(element) else { return false };
    let has_room = |name: &str, by: f64, at: i32, shown: i32, all: i32| {
        // Rounded, and half a pixel is no way.
        let room = if by < 0.0 { at } else { all - shown - at };
        by != 0.0 && room > 1 && matches!(value(&style, name).as_str(), "auto" | "scroll")
    };
    let (wide, high) = (element.client_width(), element.client_height());
    has_room("overflow-y", y, element.scroll_top(), high, element.scroll_height())
        || has_room("overflow-x", x, element.scroll_left(), wide, element.scroll_width())
}
