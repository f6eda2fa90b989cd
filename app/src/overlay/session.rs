//! One opened overlay: the signals its parts share, and what may be done to them.

use cutline_model::{OverlaySettings, Region, ShareReceipt, ShareRequest, Size, Target, TargetId};
use leptos::html::Div;
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use web_sys::{Element, HtmlElement, HtmlImageElement};

use super::corners::Corners;
use super::geometry::{Frame, Point, Rect};
use super::hooks::{Hooks, OnSite};
use super::measure::{frame_of, shown_around, window_rect};
use super::page::Opened;
use super::selection::{Aspect, Bounds, Drag, Handle, History, Selection};
use super::sending::{Heard, Hearing};
use super::server::Server;
use super::speech::{Announcer, Topic};
use crate::api::ApiError;
use crate::language::Labels;

/// How far the visitor is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    /// Choosing and writing.
    Editing,
    /// The request is on its way.
    Sending,
    /// It was refused; the visitor can change something and send again.
    Refused(ApiError),
    /// Accepted.
    Shared(ShareReceipt),
}

/// One opened overlay: a handle of a few bytes, since hundreds of closures hold one.
#[derive(Clone, Copy)]
pub(super) struct Session(StoredValue<Parts>);

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        /// What a session is made of.
        #[derive(Clone, Copy)]
        struct Parts {
            $($name: $type,)*
        }

        impl Session {
            $($(#[$doc])* pub(super) fn $name(self) -> $type {
                self.0.with_value(|parts| parts.$name)
            })*
        }
    };
}

parts! {
    /// The picture and how it was opened.
    opened: RwSignal<Opened>,
    /// Whether nothing of the picture can be seen just now: it is hidden, or turned on its edge.
    hidden: RwSignal<bool>,
    /// Where it is painted, in coordinates of the page.
    frame: RwSignal<Frame>,
    /// The part of the page that can be seen, in coordinates of the page.
    window: RwSignal<Rect>,
    /// How far the visitor is.
    phase: RwSignal<Phase>,
    /// Why nothing could be sent again of what is shared.
    trouble: RwSignal<Option<ApiError>>,
    /// The visitor's words.
    description: RwSignal<String>,
    /// The visitor's alt text.
    alt: RwSignal<String>,
    /// The targets chosen, in the order of the list.
    chosen: RwSignal<Vec<TargetId>>,
    /// Whether the visitor has done anything here: then it stays until it is closed on purpose.
    touched: RwSignal<bool>,
    /// What the site offers.
    targets: StoredValue<Vec<Target>>,
    /// How the site wants it.
    settings: StoredValue<OverlaySettings>,
    /// The words.
    labels: &'static Labels,
    /// The element over the picture that holds the selection.
    stage_ref: NodeRef<Div>,
    /// The shape that the selection is held to.
    aspect: RwSignal<Aspect>,
    /// Whether corners are being set by presses.
    corners: RwSignal<Corners>,
    /// Where the pointer went down last, in coordinates of the page.
    pressed_at: StoredValue<Option<Point>>,
    /// Whether nothing had been done here before the press that is under way or was last.
    passed_by: StoredValue<bool>,
    /// What undo and redo bring back.
    history: RwSignal<History>,
    /// How it is heard what becomes of the share.
    hearing: Hearing,
    /// What is selected.
    selected: RwSignal<Selection>,
    /// The pointer that is down, and what it drags.
    held: RwSignal<Option<(i32, Drag)>>,
    /// What a loupe shows while something is dragged, in fractions of the picture.
    enlarged: RwSignal<Option<Point>>,
    /// What is to be spoken.
    announcer: RwSignal<Announcer>,
    /// Takes the overlay away.
    closing: Callback<()>,
    /// What the site hears.
    hooks: Hooks,
    /// Where it is sent.
    server: &'static dyn Server,
}

impl Session {
    #[expect(clippy::needless_pass_by_value, reason = "it is the overlay's now")]
    pub(super) fn new(opened: Opened, frame: Frame, site: OnSite, close: Callback<()>) -> Self {
        let labels = site.labels();
        let OnSite { targets, settings, hooks, server, .. } = site;
        let (targets, settings) = (targets.get_untracked(), settings.get_untracked());
        let bounds = bounds_of(frame, &opened);
        let shown = frame.fractions_within(shown_around(&opened.ground()));
        let first =
            shown.map_or(bounds, |[top_left, bottom_right]| Bounds::new(top_left, bottom_right, opened.size));
        // With one target there is nothing to choose.
        let chosen = if let [only] = targets.as_slice() {
            vec![only.id.clone()]
        } else {
            let is_chosen = |target: &&Target| settings.chosen_targets.contains(&target.id);
            targets.iter().filter(is_chosen).map(|target| target.id.clone()).collect()
        };
        Self(StoredValue::new(Parts {
            frame: RwSignal::new(frame),
            window: RwSignal::new(window_rect()),
            phase: RwSignal::new(Phase::Editing),
            trouble: RwSignal::new(None),
            description: RwSignal::default(),
            alt: RwSignal::default(),
            chosen: RwSignal::new(chosen),
            touched: RwSignal::new(opened.opener.is_some()),
            targets: StoredValue::new(targets),
            settings: StoredValue::new(settings),
            labels,
            stage_ref: NodeRef::new(),
            aspect: RwSignal::default(),
            corners: RwSignal::default(),
            pressed_at: StoredValue::new(None),
            passed_by: StoredValue::new(false),
            history: RwSignal::default(),
            hearing: StoredValue::new_local(Heard::NotYet),
            selected: RwSignal::new(Selection::middle(first).contain(bounds)),
            held: RwSignal::new(None),
            enlarged: RwSignal::new(None),
            announcer: RwSignal::default(),
            opened: RwSignal::new(opened),
            hidden: RwSignal::new(false),
            closing: close,
            hooks,
            server,
        }))
    }

    /// What came of sending, once it is accepted; tracked.
    pub(super) fn receipt(self) -> Option<ShareReceipt> {
        self.phase()
            .with(|phase| if let Phase::Shared(receipt) = phase { Some(receipt.clone()) } else { None })
    }

    /// Whether it is accepted; tracked.
    pub(super) fn is_shared(self) -> bool {
        self.phase().with(|phase| matches!(phase, Phase::Shared(_)))
    }

    /// What is selected; tracked.
    pub(super) fn region(self) -> Region {
        self.selected().get().region()
    }

    /// The selection now; not tracked.
    pub(super) fn selection(self) -> Selection {
        self.selected().get_untracked()
    }

    /// Selects on the way of a drag or of a key that is held down; what was before is recorded at its end.
    pub(super) fn select(self, selection: Selection) {
        self.touched().set(true);
        if self.selection() != selection {
            self.selected().set(selection);
        }
    }

    /// Selects, as a step that can be undone.
    pub(super) fn change(self, selection: Selection) {
        let before = self.selection();
        if before != selection {
            self.history().update(|history| history.record(before));
        }
        self.select(selection);
    }

    /// Whether there is something to undo.
    pub(super) fn has_changed(self) -> bool {
        self.history().with_untracked(History::can_undo)
    }

    /// Selects all that can be seen, or in a held shape as much of it as there is.
    pub(super) fn select_everything(self) {
        let everything = Selection::everything(self.bounds());
        self.change(self.ratio().map_or(everything, |ratio| everything.shaped(ratio)));
    }

    /// Selects `region`, as far as it can be seen.
    pub(super) fn select_region(self, region: Region) {
        let selection = Selection::of_region(region, self.bounds());
        self.change(match self.ratio() {
            // Brought into the bounds it may have lost its shape.
            Some(ratio) if (selection.ratio() / ratio - 1.0).abs() > 1e-9 => selection.shaped(ratio),
            _ => selection,
        });
    }

    /// Holds the selection to a shape from now on.
    pub(super) fn hold_to(self, aspect: Aspect) {
        self.aspect().set(aspect);
        if let Some(ratio) = self.ratio() {
            self.change(self.selection().shaped(ratio));
        }
    }

    /// The shape that the selection is held to, width by height in fractions of the picture; not tracked.
    pub(super) fn ratio(self) -> Option<f64> {
        self.aspect().get_untracked().ratio(self.size())
    }

    /// The original's size.
    pub(super) fn size(self) -> Size {
        self.opened().with_untracked(|opened| opened.size)
    }

    /// Takes the last change back.
    pub(super) fn undo(self) {
        let now = self.selection();
        if let Some(before) = self.history().try_update(|history| history.undo(now)).flatten() {
            self.select(before.contain(self.bounds()));
        }
    }

    /// Makes the change again that was taken back last.
    pub(super) fn redo(self) {
        let now = self.selection();
        if let Some(after) = self.history().try_update(|history| history.redo(now)).flatten() {
            self.select(after.contain(self.bounds()));
        }
    }

    /// A press while corners are being set, at a point in fractions of the picture.
    pub(super) fn set_corner(self, point: Point) {
        let (corners, selection) = self.corners().get_untracked().press(point, self.bounds(), self.ratio());
        self.touched().set(true);
        self.corners().set(corners);
        if let Some(selection) = selection {
            self.change(selection);
        }
    }

    /// Takes up the corner that `handle` stands on: the next press says where it goes. Edges stay where they are.
    pub(super) fn take_corner(self, handle: Handle) {
        if let Some(opposite) = self.selection().corner_opposite(handle) {
            self.touched().set(true);
            self.corners().set(Corners::Taken(opposite));
        }
    }

    /// The picture lies elsewhere, or another part of it can be seen.
    fn reframe(self, frame: Frame) {
        let window = window_rect();
        if self.window().get_untracked() != window {
            self.window().set(window);
        }
        if self.frame().get_untracked() != frame {
            self.frame().set(frame);
            self.selected().update(|selection| *selection = selection.contain(self.bounds()));
        }
    }

    /// Looks at the picture again: it may have moved, be hidden or seen again, show something else, or be gone.
    pub(super) fn look(self) {
        let (picture, ground) = (self.picture(), self.ground());
        if !ground.is_connected() {
            return self.close();
        }
        let stand_in = self.opened().with_untracked(|opened| opened.stand_in.clone());
        let is_there = stand_in.as_ref().is_none_or(|stand_in| stand_in.keep_up());
        if !picture.complete() && stand_in.is_some() {
            // What is to be seen in a moment is looked at then.
            return;
        }
        if self.opened().with_untracked(Opened::shows_another) {
            // What is shared is what the visitor sees; a picture that cannot be named cannot be shared.
            let opener = self.opened().with_untracked(|opened| opened.opener.clone());
            match Opened::of(picture.clone(), opener.map(SendWrapper::take)) {
                Some(opened) => self.opened().set(opened.standing_in(stand_in)),
                None => return self.close(),
            }
        }
        let frame = if is_there { frame_of(&picture, &ground) } else { None };
        if self.hidden().get_untracked() != frame.is_none() {
            self.hidden().set(frame.is_none());
        }
        match frame {
            Some(frame) => self.reframe(frame),
            // What the visitor has done waits until the picture is seen again.
            None if self.touched().get_untracked() => {}
            None => self.close(),
        }
    }

    /// The element.
    pub(super) fn picture(self) -> HtmlImageElement {
        self.opened().with_untracked(|opened| (*opened.picture).clone())
    }

    /// What it shows, as an image of CSS; tracked. The browser has it already.
    pub(super) fn image(self) -> String {
        let address = self.opened().with(|opened| opened.picture.current_src());
        format!("url(\"{}\")", address.replace('\\', "%5C").replace('"', "%22"))
    }

    /// What shows the picture on the page: the element, or the one whose background it is.
    pub(super) fn ground(self) -> Element {
        self.opened().with_untracked(Opened::ground)
    }

    fn bounds(self) -> Bounds {
        self.opened().with_untracked(|opened| bounds_of(self.frame().get_untracked(), opened))
    }

    /// A point of the page, in fractions of the picture.
    pub(super) fn to_fractions(self, point: Point) -> Point {
        self.frame().get_untracked().to_fractions(point)
    }

    /// The pointer that is down and what it drags; not tracked.
    pub(super) fn holding(self) -> Option<(i32, Drag)> {
        self.held().get_untracked()
    }

    /// Whether something is dragged; tracked.
    pub(super) fn is_dragging(self) -> bool {
        self.held().with(Option::is_some)
    }

    /// A pointer takes hold.
    pub(super) fn hold(self, pointer: i32, drag: Drag) {
        self.touched().set(true);
        self.held().set(Some((pointer, drag)));
    }

    /// The pointer lets go.
    pub(super) fn let_go(self) {
        if let Some((_, drag)) = self.holding()
            && drag.start() != self.selection()
        {
            self.history().update(|history| history.record(drag.start()));
        }
        self.held().set(None);
        if self.enlarged().get_untracked().is_some() {
            self.enlarged().set(None);
        }
    }

    /// The drag is given up: the selection is what it was before.
    pub(super) fn put_back(self) {
        if let Some((_, drag)) = self.holding() {
            self.select(drag.start());
            self.let_go();
        }
    }

    /// The first Escape gives up a drag or the setting of corners, the next closes.
    pub(super) fn escape(self) {
        if self.holding().is_some() {
            self.put_back();
        } else if self.corners().get_untracked() != Corners::Off {
            self.corners().set(Corners::Off);
        } else {
            self.close();
        }
    }

    /// Speaks `message` when all has come to rest.
    pub(super) fn say(self, topic: Topic, message: String) {
        self.announcer().update(|announcer| announcer.say(topic, message));
    }

    /// Closes the overlay.
    pub(super) fn close(self) {
        self.closing().run(());
    }

    /// The element over the picture.
    pub(super) fn stage(self) -> Option<HtmlElement> {
        self.stage_ref().get_untracked().map(Into::into)
    }

    /// What to send.
    pub(super) fn request(self) -> ShareRequest {
        ShareRequest {
            source: self.opened().with_untracked(|opened| opened.source.clone()),
            region: self.selection().region(),
            description: self.description().get_untracked().trim().to_owned(),
            alt: self.alt().get_untracked().trim().to_owned(),
            targets: self.chosen().get_untracked(),
        }
    }
}

/// What of the picture can be selected: what can be seen.
fn bounds_of(frame: Frame, opened: &Opened) -> Bounds {
    let [top_left, bottom_right] = frame.visible_fractions();
    Bounds::new(top_left, bottom_right, opened.size)
}
