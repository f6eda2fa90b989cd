//! The layer over one picture: stage and panel in the browser's top layer, so that nothing of the page can cover them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use cutline_model::{Region, Written};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{FocusEvent, HtmlElement, KeyboardEvent};

use super::beneath::Hover;
use super::countdown::Countdown;
use super::drafts::Held;
use super::fingers;
use super::geometry::{Placement, Point, Rect, Side, place_panel};
use super::hooks::{OnSite, call};
use super::loupe::with_loupe;
use super::measure::{frame_of, rect_of, window_rect, zoom_around};
use super::page::Opened;
use super::panel::share_panel;
use super::pointer;
use super::sending::follow;
use super::session::{Closing, Session};
use super::speech::{Announcer, Topic, spoken};
use super::stage::{pixels, selected, selection_stage, size_read_out};
use super::view::{
    Callback, Memo, NodeRef, RwSignal, Tag, effect, effect_after, on_cleanup, request_animation_frame, tag,
    untrack, window,
};
use super::watch::{Listener, SizeWatch, Watch};
use crate::language::{Labels, fill};

/// How long all must rest before it is spoken, in milliseconds.
const SPEAK_AFTER_MS: u32 = 300;

/// What gets the focus first: the selection, while it can be changed, or what has come of it.
const FIRST: &str = ".selection-overlay__selection[tabindex], .share-outcome__page, [type=submit]";

/// The opened overlay. Its attribute `data-region` says what is selected, as a media fragment, for testers and scripts; `data-touched`,
/// that the visitor works on it, for the script in other frames.
pub(super) fn overlay_layer(opened: Opened, site: &OnSite, close: Callback<Closing>) -> Option<Tag> {
    // Gone or hidden since the dwell began: there is nothing to select on.
    let Some(frame) = frame_of(&opened.picture, &opened.ground()) else {
        close.run(Closing::ByItself);
        return None;
    };
    let hooks = site.hooks;
    let (by_opener, wanted) = (opened.opener.is_some(), opened.region);
    let held = Held::on(&opened);
    let session = Session::new(opened, frame, held.draft, site, close);
    let labels = session.labels();
    held.keep_after(session);
    follow(session);
    call(hooks.on_open, || session.opened().with_untracked(|opened| opened.source.clone()));
    if let Some(wanted) = wanted {
        session.select_region(wanted);
    }
    share_region(session, hooks.region);
    if let Some(on_region) = hooks.on_region {
        effect(move || on_region.run(session.region()));
    }
    let (root, panel) = (NodeRef::new(), NodeRef::new());
    let placement = stand_beside(session, panel);
    root.on_load(move |root| {
        // Without the top layer it is drawn all the same, only under whatever the page stacks higher.
        let _ = root.show_popover();
        // A zoom of the page is in the picture's place already; here it would count twice.
        let zoom = zoom_around(&root);
        if zoom != 1.0 {
            let _ = HtmlElement::style(&root).set_property("zoom", &Written(1.0 / zoom).to_string());
        }
        place(session, panel, placement);
        if by_opener {
            show_picture(session, panel, placement.get_untracked());
        }
        follow_picture(session);
        leave_with_pointer(session, &root, panel);
        hover_on_picture(session, &root);
        fingers::let_through(session);
        listen_for_escape(session);
        if by_opener && let Some(first) = root.query_selector(FIRST).ok().flatten() {
            pointer::focus(first.unchecked_ref());
        }
    });
    let named = move || session.opened().with(|opened| name_of(&opened.alt, labels));
    let drawn = layer(session)
        .attr("role", "dialog")
        .attr_of("aria-label", named)
        .attr_of("data-touched", move || session.touched().get().then(String::new))
        .node_ref(root)
        .on("focusin", move |_: FocusEvent| session.touch())
        .child(selection_stage(session))
        .child(size_read_out(session));
    let panel = panel_beside(session, placement, panel).child(share_panel(session));
    Some(with_loupe(drawn, session).child(panel).child(live_region(session)))
}

/// What stands around all that is drawn on a picture.
pub(super) fn layer(session: Session) -> Tag {
    let place = move |part: fn(Rect) -> f64| move || pixels(part(session.frame().get().bounds()));
    tag("div")
        .class("selection-overlay")
        .attr("popover", "manual")
        .class_while("selection-overlay--hidden", move || session.hidden().get())
        .attr("lang", session.labels().tag)
        .attr("dir", session.labels().direction)
        .attr_of("data-region", move || session.region().fragment().to_string())
        .style("left", place(|bounds| bounds.left))
        .style("top", place(|bounds| bounds.top))
        .style("width", place(|bounds| bounds.width))
        .style("height", place(|bounds| bounds.height))
}

/// Where `panel` stands, with `placement` from [`stand_beside`].
pub(super) fn panel_beside(session: Session, placement: RwSignal<Placement>, panel: NodeRef) -> Tag {
    let beside = move |coordinate: fn(Point, Rect) -> f64| {
        move || match placement.get() {
            Placement::At(point) => Some(pixels(coordinate(point, session.frame().get().bounds()))),
            Placement::Docked(_) => None,
        }
    };
    let is_docked = move || matches!(placement.get(), Placement::Docked(_));
    tag("div")
        .class("selection-overlay__panel")
        .class_while("selection-overlay__panel--docked", is_docked)
        .class_while("selection-overlay__panel--left", move || {
            placement.get() == Placement::Docked(Side::Left)
        })
        .style("left", beside(|point, bounds| point.x - bounds.left))
        .style("top", beside(|point, bounds| point.y - bounds.top))
        .node_ref(panel)
}

/// Keeps `panel` beside the picture, or docked where there is no room.
pub(super) fn stand_beside(session: Session, panel: NodeRef) -> RwSignal<Placement> {
    // Its size is that of a docked one until it is seen whether there is room.
    let placement = RwSignal::new(Placement::Docked(Side::Right));
    panel.on_load(move |element| {
        // Unfolded or grown, it must not reach out of the window.
        let watch = SizeWatch::new(&element, move || place(session, panel, placement));
        on_cleanup(move || drop(watch));
    });
    // It keeps its place while the visitor works on the selection; it moves only with the picture, and for another window.
    let window = Memo::new(move || {
        let Rect { width, height, .. } = session.window().get();
        (width, height)
    });
    effect(move || {
        window.get();
        session.shown();
        session.hidden().track();
        place(session, panel, placement);
    });
    placement
}

fn place(session: Session, panel: NodeRef, placement: RwSignal<Placement>) {
    // Before it is shown, it has no size.
    if let Some(panel) = panel.get_untracked().filter(|panel| panel.offset_width() > 0) {
        let (window, size) =
            (window_rect(), (f64::from(panel.offset_width()), f64::from(panel.offset_height())));
        // Beside a picture that is gone for good there is nothing.
        let is_there = session.ground().is_connected();
        let (shown, selection) = untrack(|| (session.shown(), selected(session)));
        // Folded there might be room, and none once it is unfolded.
        let room = place_panel(shown, window, size).filter(|_| is_there && !session.folded().get_untracked());
        placement.set(match (room, placement.get_untracked()) {
            (Some(point), _) => Placement::At(point),
            // At its side it stays, whatever is selected then: the visitor knows it there.
            (None, docked @ Placement::Docked(_)) if session.docked().get_untracked().is_some() => docked,
            (None, _) => Placement::Docked(Side::clear_of(selection, window, size.0)),
        });
        // Where it is then, the style says, once it is followed.
        request_animation_frame(move || note_docked(session, &panel, placement));
    }
}

/// Tells where `panel` is, if it is docked: what is drawn on the picture keeps clear of it.
fn note_docked(session: Session, panel: &HtmlElement, placement: RwSignal<Placement>) {
    let docked = match placement.try_get_untracked() {
        Some(Placement::Docked(_)) => Some(rect_of(panel)),
        Some(Placement::At(_)) => None,
        None => return, // closed
    };
    if session.docked().get_untracked() != docked {
        session.docked().set(docked);
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
        session.begin_with(wanted);
    }
    effect(move || region.set(Some(session.region())));
    effect(move || {
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
fn show_picture(session: Session, panel: NodeRef, placement: Placement) {
    let (picture, window) = (session.frame().get_untracked().bounds(), window_rect());
    let panel_height = panel.get_untracked().map_or(0, |panel| panel.offset_height());
    let covered = if matches!(placement, Placement::Docked(_)) { f64::from(panel_height) } else { 0.0 };
    if picture.top < window.top || picture.bottom() > window.bottom() - covered {
        session.ground().scroll_into_view();
    }
}

/// Keeps the stage on the picture wherever the page moves it.
pub(super) fn follow_picture(session: Session) {
    let seen = move || {
        (session.frame().get_untracked(), session.crop().get_untracked(), session.hidden().get_untracked())
    };
    let watch = Watch::new(&session.ground(), move || {
        let before = seen();
        session.look();
        seen() != before
    });
    on_cleanup(move || drop(watch));
}

/// An overlay that came by dwell and was not touched goes when the pointer leaves it (WCAG 1.4.13: it persists until
/// its trigger is removed), however long the pointer is on its way from the picture to the panel.
fn leave_with_pointer(session: Session, root: &web_sys::Element, panel: NodeRef) {
    let leave = move || {
        if !session.is_touched() {
            session.leave();
        }
    };
    let is_between = move |point: Point| {
        let (picture, window) = (untrack(|| session.shown()), window_rect());
        let picture = picture.moved_by(-window.left, -window.top);
        panel.get_untracked().is_some_and(|panel| picture.is_on_the_way(rect_of(&panel), point))
    };
    let inside = vec![root.clone(), session.ground()];
    let listeners = pointer::when_left(inside, is_between, leave);
    on_cleanup(move || drop(listeners));
}

/// To the page, a pointer on the overlay is on the picture: it goes on with what it left off for that only afterwards.
fn hover_on_picture(session: Session, root: &web_sys::Element) {
    let hover = Rc::new(Hover::on(session.ground()));
    let listeners = ["pointerover", "mouseover"].map(|name| {
        let (hover, layer) = (Rc::clone(&hover), root.clone());
        Listener::new(root, name, move |event| hover.over(&layer, &event))
    });
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
                    // Not from within itself.
                    spawn_local(async { drop(RELEASES.take()) });
                }
            };
            (Listener::new(&window, "keyup", keep), is_next)
        });
        is_next.set(true);
    });
}

/// The one polite live region: speaks what was said and the selection, once all has rested; nothing without a change.
fn live_region(session: Session) -> Tag {
    let text = RwSignal::new(String::new());
    let rest = Countdown::default();
    effect_after(move |opened: Option<()>| {
        let now = spoken(session.region(), session.labels());
        // Opening tells the dialog's name already; what follows is only what changes.
        if opened.is_some() {
            session.say(Topic::Selection, now);
        }
    });
    effect(move || {
        session.announcer().track();
        // What is said once more is heard once more: a live region is heard of only when it changes.
        text.set(String::new());
        rest.start(SPEAK_AFTER_MS, move || {
            text.try_set(session.announcer().try_update_untracked(Announcer::speak).unwrap_or_default());
        });
    });
    tag("div").class("selection-overlay__spoken").attr("role", "status").text_of(move || text.get())
}
