//! The layer over one picture: stage and panel in the browser's top layer, so that nothing of the page can cover them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use cutline_model::{Region, Written};
use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;

use super::beneath::Hover;
use super::countdown::Countdown;
use super::drafts;
use super::geometry::{Placement, Point, Rect, place_panel};
use super::hooks::{OnSite, call};
use super::measure::{frame_of, scroll_to, window_rect, zoom_around};
use super::page::Opened;
use super::panel::SharePanel;
use super::pointer;
use super::session::Session;
use super::speech::{Announcer, Topic, spoken};
use super::stage::{SelectionStage, pixels};
use super::watch::{Listener, SizeWatch, Watch};
use crate::language::{Labels, fill};

/// How long all must rest before it is spoken, in milliseconds.
const SPEAK_AFTER_MS: u64 = 300;

/// The opened overlay. Its attribute `data-region` says what is selected, as a media fragment, for testers and scripts.
#[component]
pub(super) fn OverlayLayer(opened: Opened, site: OnSite, close: Callback<()>) -> impl IntoView {
    // Gone or hidden since the dwell began: there is nothing to select on.
    let Some(frame) = frame_of(&opened.picture, &opened.ground()) else {
        close.run(());
        return None;
    };
    let (labels, language, hooks) = (site.labels(), site.language.get_untracked(), site.hooks);
    let (by_opener, wanted) = (opened.opener.is_some(), opened.region);
    let session = Session::new(opened, frame, site, close);
    drafts::keep_for(session);
    call(hooks.on_open, || session.opened().with_untracked(|opened| opened.source.clone()));
    if let Some(wanted) = wanted {
        session.select_region(wanted);
    }
    share_region(session, hooks.region);
    if let Some(on_region) = hooks.on_region {
        Effect::new(move |_| on_region.run(session.region()));
    }
    let root = NodeRef::<Div>::new();
    let panel = NodeRef::<Div>::new();
    let placement = stand_beside(session, panel);
    root.on_load(move |root| {
        // Without the top layer it is drawn all the same, only under whatever the page stacks higher.
        let _ = root.show_popover();
        // A zoom of the page is in the picture's place already; here it would count twice.
        let zoom = zoom_around(&root);
        if zoom != 1.0 {
            let _ = web_sys::HtmlElement::style(&root).set_property("zoom", &Written(1.0 / zoom).to_string());
        }
        place(session, panel, placement);
        if by_opener {
            show_picture(session, panel, placement.get_untracked());
        }
        follow_picture(session);
        leave_with_pointer(session, &root);
        hover_on_picture(session, &root);
        listen_for_escape(session);
        if by_opener
            && let Some(selection) = root.query_selector(".selection-overlay__selection").ok().flatten()
        {
            pointer::focus(selection.unchecked_ref());
        }
    });
    let layer = view! {
        <div
            class="selection-overlay"
            popover="manual"
            role="dialog"
            class:selection-overlay--hidden=session.hidden()
            aria-label=move || session.opened().with(|opened| name_of(&opened.alt, labels))
            lang=language.tag()
            dir=language.direction()
            data-region=move || session.region().fragment().to_string()
            style:left=place_of(session, |bounds| bounds.left)
            style:top=place_of(session, |bounds| bounds.top)
            style:width=place_of(session, |bounds| bounds.width)
            style:height=place_of(session, |bounds| bounds.height)
            node_ref=root
            on:focusin=move |_| session.touched().set(true)
        >
            <SelectionStage session=session />
            <div
                class="selection-overlay__panel"
                class:selection-overlay__panel--docked=move || placement.get() == Placement::Docked
                style:left=beside(session, placement, |point, bounds| point.x - bounds.left)
                style:top=beside(session, placement, |point, bounds| point.y - bounds.top)
                node_ref=panel
            >
                <SharePanel session=session />
            </div>
            <Spoken session=session />
        </div>
    };
    Some(layer)
}

/// Keeps `panel` beside the picture, or docked where there is no room.
pub(super) fn stand_beside(session: Session, panel: NodeRef<Div>) -> RwSignal<Placement> {
    let placement = RwSignal::new(Placement::Docked);
    panel.on_load(move |element| {
        // Unfolded or grown, it must not reach out of the window.
        let watch = SendWrapper::new(SizeWatch::new(&element, move || place(session, panel, placement)));
        on_cleanup(move || drop(watch));
    });
    // It keeps its place while the visitor works on the selection; it moves only with the picture.
    Effect::new(move |_| {
        session.frame().track();
        place(session, panel, placement);
    });
    placement
}

fn place(session: Session, panel: NodeRef<Div>, placement: RwSignal<Placement>) {
    if let Some(panel) = panel.get_untracked() {
        let size = (f64::from(panel.offset_width()), f64::from(panel.offset_height()));
        placement.set(place_panel(session.frame().get_untracked().bounds(), window_rect(), size));
    }
}

/// The dialog's name; a picture may have none.
fn name_of(alt: &str, labels: &Labels) -> String {
    if alt.trim().is_empty() { labels.opener.to_owned() } else { fill(labels.dialog, &[("title", alt)]) }
}

/// Keeps the site's region and the selection the same, whichever of them changes; the site's own counts at the start.
fn share_region(session: Session, region: Option<RwSignal<Option<Region>>>) {
    let Some(region) = region else { return };
    if let Some(wanted) = region.get_untracked() {
        session.select_region(wanted);
    }
    Effect::new(move |_| region.set(Some(session.region())));
    Effect::new(move |_| {
        if let Some(wanted) = region.get()
            && wanted != session.selection().region()
        {
            session.select_region(wanted);
        }
    });
    on_cleanup(move || {
        // The site may have gone first.
        region.try_set(None);
    });
}

/// Scrolls the picture into the window and clear of a docked panel: whoever asked for the overlay wants to see what to
/// select.
fn show_picture(session: Session, panel: NodeRef<Div>, placement: Placement) {
    let (picture, window) = (session.frame().get_untracked().bounds(), window_rect());
    let panel_height = panel.get_untracked().map_or(0, |panel| panel.offset_height());
    let covered = if placement == Placement::Docked { f64::from(panel_height) } else { 0.0 };
    if picture.top < window.top || picture.bottom() > window.bottom() - covered {
        scroll_to(picture);
    }
}

/// One length of the rectangle around what can be seen of the picture, as CSS.
pub(super) fn place_of(session: Session, part: fn(Rect) -> f64) -> impl Fn() -> String {
    move || pixels(part(session.frame().get().bounds()))
}

/// One coordinate of a placed panel, from the layer's corner, as CSS; nothing when docked.
pub(super) fn beside(
    session: Session,
    placement: RwSignal<Placement>,
    coordinate: fn(Point, Rect) -> f64,
) -> impl Fn() -> Option<String> {
    move || match placement.get() {
        Placement::At(point) => Some(pixels(coordinate(point, session.frame().get().bounds()))),
        Placement::Docked => None,
    }
}

/// Keeps the stage on the picture wherever the page moves it.
pub(super) fn follow_picture(session: Session) {
    let watch = SendWrapper::new(Watch::new(&session.ground(), move || session.look()));
    on_cleanup(move || drop(watch));
}

/// An overlay that came by dwell and was not touched goes when the pointer leaves it (WCAG 1.4.13: it persists until
/// its trigger is removed).
fn leave_with_pointer(session: Session, root: &web_sys::Element) {
    let touched = session.touched();
    let leave = move || {
        if touched.try_get_untracked() == Some(false) {
            session.close();
        }
    };
    let inside = vec![root.clone(), session.ground()];
    let listeners = SendWrapper::new(pointer::when_left(inside, leave));
    on_cleanup(move || drop(listeners));
}

/// To the page, a pointer on the overlay is on the picture: it goes on with what it left off for that only afterwards.
fn hover_on_picture(session: Session, root: &web_sys::Element) {
    let hover = Rc::new(Hover::on(session.ground()));
    let listeners = ["pointerover", "mouseover"].map(|name| {
        let (hover, layer) = (Rc::clone(&hover), root.clone());
        Listener::new(root, name, move |event| hover.over(&layer, &event))
    });
    let listeners = SendWrapper::new(listeners);
    on_cleanup(move || drop(listeners));
}

/// Escape dismisses the overlay wherever the focus is (WCAG 1.4.13, and Tab may have led out of it); no other key is
/// looked at, and only while an overlay is open.
pub(super) fn listen_for_escape(session: Session) {
    let window: web_sys::EventTarget = window().into();
    let listener = Listener::new(&window, "keydown", move |event| {
        if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
            escape(event, session);
        }
    });
    let listener = SendWrapper::new(listener);
    on_cleanup(move || drop(listener));
}

fn escape(event: &KeyboardEvent, session: Session) {
    // While an input method composes, Escape is the input method's.
    if event.key() == "Escape" && !event.is_composing() {
        event.prevent_default();
        // For nobody: a lightbox around the picture stays open.
        event.stop_immediate_propagation();
        keep_release();
        session.escape();
    }
}

thread_local! {
    /// Keeps releases of Escape, once one was to be kept; and whether the next one is.
    static RELEASES: RefCell<Option<(Listener, Rc<Cell<bool>>)>> = const { RefCell::new(None) };
}

/// The key's release is part of the press that was kept, and by then the overlay may be gone.
fn keep_release() {
    RELEASES.with_borrow_mut(|releases| {
        let (_, is_next) = releases.get_or_insert_with(|| {
            let is_next = Rc::new(Cell::new(false));
            let next = Rc::clone(&is_next);
            let window: web_sys::EventTarget = window().into();
            let keep = move |event: web_sys::Event| {
                let is_escape = event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == "Escape");
                if is_escape && next.replace(false) {
                    event.stop_immediate_propagation();
                }
            };
            (Listener::new(&window, "keyup", keep), is_next)
        });
        is_next.set(true);
    });
}

/// The one polite live region: speaks what was said and the selection, once all has rested; nothing without a change.
#[component]
fn Spoken(session: Session) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let rest = SendWrapper::new(Countdown::default());
    Effect::new(move |opened: Option<()>| {
        let now = spoken(session.region(), session.labels());
        // Opening tells the dialog's name already; what follows is only what changes.
        if opened.is_some() {
            session.say(Topic::Selection, now);
        }
    });
    Effect::new(move |_| {
        session.announcer().track();
        rest.start(SPEAK_AFTER_MS, move || {
            let said = session.announcer().try_update_untracked(Announcer::speak).unwrap_or_default();
            if !said.is_empty() && text.try_with_untracked(|spoken| *spoken != said) == Some(true) {
                text.set(said);
            }
        });
    });
    view! {
        <div class="selection-overlay__spoken" role="status">
            {text}
        </div>
    }
}
