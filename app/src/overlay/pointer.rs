//! The one file that touches pointer events: the dwell on a picture, and drags on the selection.
//!
//! The page keeps its own behaviour: nothing is prevented on touch, and a finger that goes down beside box and handles
//! scrolls and pinches as ever. Listeners for the dwell are a handful for the whole page, however many pictures it has.

use std::cell::RefCell;
use std::rc::Rc;

use cutline_model::{Loupe, OverlaySettings};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlAnchorElement, HtmlElement, HtmlImageElement, MouseEvent, PointerEvent};

use super::background::{self, StandIn, background_at};
use super::beneath::press_through;
use super::corners::Corners;
use super::countdown::Countdown;
use super::dwell::{Command, Dwell, Happening};
use super::geometry::Point;
use super::handles::take_focus_along;
use super::measure::{point_in_window, point_of};
use super::page::{Choice, Opened, is_in_overlay, outwards, picture_of_opener, reacting_picture, reacts};
use super::selection::{Drag, Grip};
use super::session::Session;
use super::view::{document, window};
use super::watch::Listener;

/// How long a pointer may be elsewhere before an untouched overlay goes, in milliseconds.
const GRACE_MS: u32 = 400;

/// What is known of the pointer's rest, by those who listen and by who closes the overlay.
pub(super) type SharedDwell = Rc<RefCell<Dwell<HtmlImageElement>>>;

/// Listens for dwells and openers on the whole page and calls `open`, which says whether it is opened, until the result is dropped.
pub(super) fn listen(
    settings: &OverlaySettings,
    choice: &Choice,
    dwell: &SharedDwell,
    open: impl Fn(Opened) -> bool + 'static,
) -> Vec<Listener> {
    let watcher = Rc::new(Watcher {
        settings: settings.clone(),
        choice: choice.clone(),
        stand_in: RefCell::new(None),
        under: RefCell::new(None),
        dwell: Rc::clone(dwell),
        wait: Countdown::default(),
        open: Rc::new(open),
    });
    let document: web_sys::EventTarget = document().into();
    let on = |event: &'static str,
              happening: fn(&Watcher, &web_sys::Event) -> Option<Happening<HtmlImageElement>>| {
        let watcher = Rc::clone(&watcher);
        Listener::new(&document, event, move |event| {
            if let Some(happening) = happening(&watcher, &event) {
                Watcher::take(&watcher, happening);
            }
        })
    };
    let openers = {
        let watcher = Rc::clone(&watcher);
        Listener::new(&document, "click", move |event| watcher.clicked(&event))
    };
    vec![
        on("pointerover", Watcher::over),
        on("pointermove", Watcher::over),
        on("pointerleave", |watcher, event| {
            (event.target() == event.current_target()).then(|| {
                watcher.dwell.borrow_mut().left();
                Happening::Away
            })
        }),
        on("pointerdown", |_, _| Some(Happening::Pressed)),
        on("scroll", |watcher, event| watcher.is_scrolled(event).then_some(Happening::Disturbed)),
        on("selectionchange", |_, _| Some(Happening::Disturbed)),
        openers,
    ]
}

/// The dwell machine with its timer.
struct Watcher {
    settings: OverlaySettings,
    choice: Choice,
    /// What stands in for the background that the pointer is on.
    stand_in: RefCell<Option<Rc<StandIn>>>,
    /// What the pointer was on when it was seen last.
    under: RefCell<Option<Element>>,
    dwell: SharedDwell,
    wait: Countdown,
    open: Rc<dyn Fn(Opened) -> bool>,
}

impl Watcher {
    fn take(this: &Rc<Self>, happening: Happening<HtmlImageElement>) {
        let command = this.dwell.borrow_mut().on(happening);
        match command {
            Command::Nothing => {}
            Command::Stop => this.wait.stop(),
            Command::Wait => {
                let again = Rc::clone(this);
                this.wait.start(this.settings.dwell_ms, move || Self::take(&again, Happening::Elapsed));
            }
            Command::Open(picture) => {
                let stand_in = this.stand_in.borrow().clone().filter(|one| one.picture == picture);
                let opened = Opened::of(picture, None).map(|opened| opened.standing_in(stand_in));
                if !opened.is_some_and(&*this.open) {
                    // The next move waits anew: what is in the way may be gone by then.
                    this.dwell.borrow_mut().on(Happening::Away);
                }
            }
        }
    }

    /// Where a hovering pointer is. Fingers do not hover, and a pressed button means something else is going on.
    fn over(&self, event: &web_sys::Event) -> Option<Happening<HtmlImageElement>> {
        let event = event.dyn_ref::<PointerEvent>()?;
        if event.pointer_type() == "touch" || event.buttons() != 0 {
            return None;
        }
        let at = point_in_window(event);
        self.dwell.borrow_mut().seen_at(at);
        let under = event.composed_path().get(0).dyn_into::<Element>().ok();
        // On the overlay it has not left the picture.
        if under.as_ref().is_some_and(is_in_overlay) {
            return None;
        }
        self.under.replace(under);
        let picture = reacting_picture(event, &self.settings, &self.choice);
        Some(match picture.or_else(|| self.background(event)) {
            Some(picture) => Happening::Over(picture, at),
            None => Happening::Away,
        })
    }

    /// Whether what the pointer is on moves by this scrolling: a ticker elsewhere on the page is nobody's.
    fn is_scrolled(&self, event: &web_sys::Event) -> bool {
        let scroller = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        // The page itself is no element.
        scroller.is_none_or(|scroller| {
            self.under.borrow().as_ref().is_some_and(|under| outwards(under).any(|one| one == scroller))
        })
    }

    /// What stands in for the background that the pointer is on, if that is to be shared.
    fn background(&self, event: &web_sys::Event) -> Option<HtmlImageElement> {
        let mut stand_in = self.stand_in.borrow_mut();
        let element = background_at(event).filter(|element| reacts(element, &self.settings, &self.choice));
        if stand_in.as_ref().map(|one| &one.element) != element.as_ref() {
            *stand_in = element.and_then(StandIn::of).map(Rc::new);
        }
        // Until it is loaded there is nothing to rest on.
        stand_in.as_ref().map(|one| one.picture.clone()).filter(|picture| picture.natural_width() > 0)
    }

    /// A plain click on an opener opens the overlay instead of following its link; a modified one follows it.
    fn clicked(&self, event: &web_sys::Event) {
        let found = || {
            let event = event.dyn_ref::<MouseEvent>()?;
            if event.button() != 0
                || event.ctrl_key()
                || event.meta_key()
                || event.shift_key()
                || event.alt_key()
            {
                return None;
            }
            let pressed = event.composed_path().get(0).dyn_into::<Element>().ok()?;
            let opener = pressed.closest("[data-cutline-open]").ok()??;
            let picture = picture_of_opener(&opener).filter(|picture| self.choice.allows(picture))?;
            Some((picture, opener.dyn_into::<HtmlElement>().ok()))
        };
        let Some((picture, opener)) = found() else { return };
        match picture.dyn_into::<HtmlImageElement>() {
            Ok(picture) => {
                if let Some(opened) = Opened::of(picture, opener) {
                    event.prevent_default();
                    (self.open)(opened);
                }
            }
            Err(element) => {
                event.prevent_default();
                let open = Rc::clone(&self.open);
                spawn_local(async move {
                    let link =
                        opener.as_ref().and_then(|opener| opener.dyn_ref::<HtmlAnchorElement>()).cloned();
                    match background::opened(element, opener).await {
                        Some(opened) => drop(open(opened)),
                        // Not to be shared here after all: it is the link that it would have been.
                        None => link.map_or((), |link| drop(window().location().assign(&link.href()))),
                    }
                });
            }
        }
    }
}

/// How far a pointer must go before it draws a new selection, in CSS pixels: a press is no drawing.
const SLACK: f64 = 4.0;

/// Calls `leave` when the pointer has for a moment been on neither of `inside`, nor where `is_between`, a point of the window, until
/// the result is dropped.
pub(super) fn when_left(
    inside: Vec<Element>,
    is_between: impl Fn(Point) -> bool + 'static,
    leave: impl Fn() + Clone + 'static,
) -> [Listener; 3] {
    let grace = Countdown::default();
    let look = Rc::new(move |event: &PointerEvent| {
        // Not its target: what is in a shadow root has the root's host there.
        let over = event.composed_path().get(0).dyn_into::<web_sys::Node>().ok();
        if inside.iter().any(|element| element.contains(over.as_ref())) || is_between(point_in_window(event))
        {
            grace.stop();
        } else if !grace.is_waiting() {
            grace.start(GRACE_MS, leave.clone());
        }
    });
    // Within one element of the page it leaves by moves alone; under a page that scrolls it does without one. Out of a frame, or the
    // window, it goes by leaving the document; what else it leaves is heard here, too.
    ["pointerover", "pointermove", "pointerleave"].map(|name| {
        let look = Rc::clone(&look);
        Listener::new(&document(), name, move |event| {
            if name != "pointerleave" || event.target() == event.current_target() {
                look(event.unchecked_ref());
            }
        })
    })
}

/// A button or finger goes down on `grip`.
pub(super) fn press(event: &PointerEvent, grip: Grip, session: Session) {
    let touch_beside = grip == Grip::New && event.pointer_type() == "touch";
    let sets_corners = session.corners().get_untracked() != Corners::Off;
    session.pressed_at().set_value(Some(point_of(event)));
    // A menu, a link in a new tab: for the picture, while nobody has done anything here yet.
    if event.button() != 0 && !session.is_touched() {
        return session.close();
    }
    if event.button() != 0
        || !event.is_primary()
        || session.holding().is_some()
        || touch_beside
        || sets_corners
    {
        return;
    }
    event.stop_propagation();
    // A handle is never the picture's.
    session.passed_by().set_value(!session.is_touched() && !matches!(grip, Grip::Handle(_)));
    if let Some(stage) = session.stage() {
        // Without capture the drag ends where the pointer leaves the picture: poorer, not broken.
        let _ = stage.set_pointer_capture(event.pointer_id());
    }
    let from = session.to_fractions(point_of(event));
    let slack = session.frame().get_untracked().extent_of(SLACK);
    session.hold(event.pointer_id(), Drag::new(grip, from, slack, session.selection()));
}

/// The pointer moves.
pub(super) fn drag(event: &PointerEvent, session: Session) {
    if let Some((pointer, drag)) = session.holding()
        && pointer == event.pointer_id()
    {
        let held = if event.shift_key() { drag.shape(session.size()) } else { None };
        let at = session.to_fractions(point_of(event));
        let ratio = session.ratio().or(held);
        session.select(drag.to(at, ratio));
        if let Some(handle) = drag.handle(at, ratio) {
            take_focus_along(session, handle);
        }
        let is_shown = match session.settings().with_value(|settings| settings.loupe) {
            Loupe::Touch => event.pointer_type() == "touch",
            Loupe::Always => true,
            Loupe::Never => false,
        };
        if is_shown {
            session.enlarged().set(session.selection().dragged(drag.grip(), at));
        }
    }
}

/// A press that was no drag, anywhere on the stage: a corner, when corners are being set; else what it would have been on a control
/// of the page's that lies there, and before anything was done here, on the picture.
pub(super) fn tap(event: &MouseEvent, session: Session) {
    // Browsers cut a click's own coordinates down to whole pixels; without a pointer there are no others.
    let at = point_of(event);
    let pressed_at = session.pressed_at().try_update_value(Option::take).flatten().unwrap_or(at);
    if session.corners().get_untracked() != Corners::Off {
        session.set_corner(session.to_fractions(pressed_at));
    } else if (pressed_at.x - at.x).hypot(pressed_at.y - at.y) < SLACK {
        let passed_by = session.passed_by().with_value(|passed_by| *passed_by) && !session.has_changed();
        // The page is about to change, and nobody has done anything here yet.
        press_through(event, session, passed_by, || {
            if passed_by {
                session.close();
            }
        });
    }
}

/// A double press on the selection takes all there is.
pub(super) fn double_press(event: &MouseEvent, session: Session) {
    // Not a listener of the selection: while the stage has captured the pointer, its events are the stage's.
    let point = session.to_fractions(point_of(event));
    if !press_through(event, session, false, || {}) && session.selection().contains(point) {
        session.select_everything();
    }
}

/// The pointer goes up.
pub(super) fn release(event: &PointerEvent, session: Session) {
    if session.holding().is_some_and(|(pointer, _)| pointer == event.pointer_id()) {
        session.let_go();
    }
}

/// The browser takes the pointer for something else: as if it had never been pressed.
pub(super) fn cancel(event: &PointerEvent, session: Session) {
    if session.holding().is_some_and(|(pointer, _)| pointer == event.pointer_id()) {
        session.put_back();
    }
}

/// Focuses `element` without scrolling the page to it.
pub(super) fn focus(element: &HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
}
