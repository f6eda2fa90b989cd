//! One opened overlay: the signals its parts share, and what may be done to them.

use cutline_model::{
    AcceptanceStep, OverlaySettings, Region, ShareReceipt, ShareRequest, Size, Target, TargetId,
};
use web_sys::{Element, HtmlElement, HtmlImageElement};

use super::corners::Corners;
use super::drafts::Draft;
use super::fingers::Pointing;
use super::geometry::{Frame, Point, Rect};
use super::handles::take_focus_along;
use super::hooks::{Hooks, Offer, OnSite};
use super::measure::{shown_around, window_rect};
use super::page::Opened;
use super::selection::{Aspect, Bounds, Drag, Grip, Handle, History, Selection};
use super::sending::{Heard, Hearing, LastSent};
use super::server::Server;
use super::speech::{Announcer, Topic};
use super::view::{Callback, NodeRef, RwSignal, StoredValue, untrack};
use crate::api::ApiError;
use crate::language::Labels;

/// How far the visitor is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    /// Choosing and writing.
    Editing,
    /// The request is on its way; and what is done for it, where that takes long and is told.
    Sending(Option<AcceptanceStep>),
    /// It was refused; the visitor can change something and send again.
    Refused(ApiError),
    /// Accepted.
    Shared(ShareReceipt),
}

impl Phase {
    /// Whether the visitor can change something: it is neither on its way nor accepted.
    pub(super) fn is_edited(&self) -> bool {
        matches!(self, Self::Editing | Self::Refused(_))
    }

    /// Whether it is accepted.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }

    /// Whether it is accepted, and all its deliveries have ended.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Shared(receipt) if receipt.is_settled())
    }
}

/// Why an overlay is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// The visitor, or the page's script, wants it away.
    OnPurpose,
    /// The pointer has left it untouched, or its picture is gone.
    ByItself,
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
    /// What of the page around the picture is not cut off by what that is in, in coordinates of the page.
    crop: RwSignal<Rect>,
    /// Where the panel lies along the bottom, in coordinates of the window; none where it stands beside the picture.
    docked: RwSignal<Option<Rect>>,
    /// Whether the docked panel is folded to its head and the way on.
    folded: RwSignal<bool>,
    /// What the visitor works with just now.
    pointing: RwSignal<Pointing>,
    /// How far the visitor is.
    phase: RwSignal<Phase>,
    /// What was sent last.
    last_sent: LastSent,
    /// Whether a window of the server's own may still tell of a share that was begun here.
    is_awaited: StoredValue<bool>,
    /// The picture that the visitor means.
    meant: RwSignal<Opened>,
    /// The picture that the visitor's work is about: what was shown when it began, and then what was meant.
    worked_on: StoredValue<Opened>,
    /// The address of another one that has taken its place, once the visitor has taken note.
    noted: StoredValue<String>,
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
    stage_ref: NodeRef,
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
    closing: Callback<Closing>,
    /// What the site hears.
    hooks: Hooks,
    /// Where it is sent.
    server: &'static dyn Server,
}

impl Session {
    pub(super) fn new(
        opened: Opened,
        frame: Frame,
        draft: Draft,
        site: &OnSite,
        close: Callback<Closing>,
    ) -> Self {
        let Draft {
            phase, last_sent, description, alt, chosen, selected, history, aspect, is_awaited, ..
        } = draft;
        let Offer { targets, settings, labels } = (site.offer)();
        let (hooks, server) = (site.hooks, site.server);
        let bounds = bounds_of(frame, &opened);
        let crop = shown_around(&opened.ground());
        let shown = frame.fractions_within(crop);
        let first =
            shown.map_or(bounds, |[top_left, bottom_right]| Bounds::new(top_left, bottom_right, opened.size));
        let selection = if draft.is_new { Selection::middle(first) } else { selected.get_untracked() };
        selected.set(selection.contain(bounds));
        chosen.update(|chosen| {
            *chosen = chosen_of(&targets, if draft.is_new { &settings.chosen_targets } else { chosen });
        });
        // What has come of it stays until it was read.
        let is_told = phase.with_untracked(|phase| *phase != Phase::Editing);
        site.touched.set(opened.opener.is_some() || is_told);
        Self(StoredValue::new(Parts {
            frame: RwSignal::new(frame),
            window: RwSignal::new(window_rect()),
            crop: RwSignal::new(crop),
            docked: RwSignal::new(None),
            folded: RwSignal::new(false),
            pointing: RwSignal::new(Pointing::expected()),
            phase,
            last_sent,
            is_awaited,
            meant: RwSignal::new(opened.clone()),
            worked_on: StoredValue::new(opened.clone()),
            noted: StoredValue::new(String::new()),
            trouble: RwSignal::new(None),
            description,
            alt,
            chosen,
            touched: site.touched,
            targets: StoredValue::new(targets),
            settings: StoredValue::new(settings),
            labels,
            stage_ref: NodeRef::new(),
            aspect,
            corners: RwSignal::default(),
            pressed_at: StoredValue::new(None),
            passed_by: StoredValue::new(false),
            history,
            hearing: StoredValue::new(Heard::NotYet),
            selected,
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

    /// The targets that are chosen before the visitor does anything.
    pub(super) fn chosen_at_first(self) -> Vec<TargetId> {
        let wanted = self.settings().with_value(|settings| settings.chosen_targets.clone());
        self.targets().with_value(|targets| chosen_of(targets, &wanted))
    }

    /// What came of sending, once it is accepted; tracked.
    pub(super) fn receipt(self) -> Option<ShareReceipt> {
        self.phase()
            .with(|phase| if let Phase::Shared(receipt) = phase { Some(receipt.clone()) } else { None })
    }

    /// Whether it is accepted; tracked.
    pub(super) fn is_shared(self) -> bool {
        self.phase().with(Phase::is_shared)
    }

    /// Whether it can be changed; tracked.
    pub(super) fn is_edited(self) -> bool {
        self.phase().with(Phase::is_edited)
    }

    /// Whether the visitor has done anything here.
    pub(super) fn is_touched(self) -> bool {
        self.touched().get_untracked()
    }

    /// The visitor does something here.
    pub(super) fn touch(self) {
        if !self.is_touched() {
            self.worked_on().set_value(self.opened().get_untracked());
            self.touched().set(true);
        }
    }

    /// What is selected; tracked.
    pub(super) fn region(self) -> Region {
        self.selected().get().region()
    }

    /// The selection now; not tracked.
    pub(super) fn selection(self) -> Selection {
        self.selected().get_untracked()
    }

    /// Selects on the way of a drag or of a key that is held down; what was before is recorded at its end. What is sent, or was, stays
    /// as it is.
    pub(super) fn select(self, selection: Selection) {
        self.touch();
        if self.selection() != selection && untrack(|| self.is_edited()) {
            self.selected().set(selection);
        }
    }

    /// Selects, as a step that can be undone.
    pub(super) fn change(self, selection: Selection) {
        let before = self.selection();
        self.select(selection);
        if self.selection() != before {
            self.history().update(|history| history.record(before));
        }
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
        self.change(self.selection_of(region));
    }

    /// Selects what the site begins with: no doing of the visitor's.
    pub(super) fn begin_with(self, region: Region) {
        if untrack(|| self.is_edited()) {
            let before = self.selection();
            self.selected().set(self.selection_of(region));
            // What the visitor selected before the overlay was closed can be had back.
            if self.has_changed() {
                self.history().update(|history| history.record(before));
            }
        }
    }

    /// As much of `region` as can be seen, in the shape that is held.
    pub(super) fn selection_of(self, region: Region) -> Selection {
        let selection = Selection::of_region(region, self.bounds());
        match self.ratio() {
            // Brought into the bounds it may have lost its shape.
            Some(ratio) if (selection.ratio() / ratio - 1.0).abs() > 1e-9 => selection.shaped(ratio),
            _ => selection,
        }
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
        self.aspect().get_untracked().ratio(untrack(|| self.size()))
    }

    /// The original's size; tracked.
    pub(super) fn size(self) -> Size {
        self.opened().with(|opened| opened.size)
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
        self.touch();
        self.corners().set(corners);
        if let Some(selection) = selection {
            self.change(selection);
        }
    }

    /// Takes up the corner that `handle` stands on: the next press says where it goes. Edges stay where they are.
    pub(super) fn take_corner(self, handle: Handle) {
        if let Some(opposite) = self.selection().corner_opposite(handle) {
            self.touch();
            self.corners().set(Corners::Taken(opposite));
        }
    }

    /// The element.
    pub(super) fn picture(self) -> HtmlImageElement {
        self.opened().with_untracked(|opened| opened.picture.clone())
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

    /// The upright rectangle around what can be seen of the picture, in coordinates of the page; tracked.
    pub(super) fn shown(self) -> Rect {
        self.frame().get().bounds().intersection(self.crop().get())
    }

    /// Whether the picture is seen at a point of the page.
    pub(super) fn shows(self, point: Point) -> bool {
        let frame = self.frame().get_untracked();
        self.crop().get_untracked().contains(point) && frame.visible.contains(frame.placed.undo(point))
    }

    /// Whether a finger beside the selection is the page's; tracked. While corners are set, every press on the picture is one.
    pub(super) fn lets_fingers_through(self) -> bool {
        self.pointing().get() == Pointing::Finger && self.corners().get() == Corners::Off && self.is_edited()
    }

    /// What of the picture can be selected; not tracked.
    pub(super) fn bounds(self) -> Bounds {
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
        self.touch();
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
            if let Grip::Handle(handle) = drag.grip() {
                take_focus_along(self, handle);
            }
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

    /// Closes the overlay, since that is wanted.
    pub(super) fn close(self) {
        self.closing().run(Closing::OnPurpose);
    }

    /// Closes it, since there is nothing left that it is for.
    pub(super) fn leave(self) {
        self.closing().run(Closing::ByItself);
    }

    /// The element over the picture.
    pub(super) fn stage(self) -> Option<HtmlElement> {
        self.stage_ref().get_untracked()
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

/// Those of `targets` that are wanted; with one there is nothing to choose.
fn chosen_of(targets: &[Target], wanted: &[TargetId]) -> Vec<TargetId> {
    let is_chosen = |target: &&Target| targets.len() == 1 || wanted.contains(&target.id);
    targets.iter().filter(is_chosen).map(|target| target.id.clone()).collect()
}

/// What of the picture can be selected: what can be seen.
fn bounds_of(frame: Frame, opened: &Opened) -> Bounds {
    let [top_left, bottom_right] = frame.visible_fractions();
    Bounds::new(top_left, bottom_right, opened.size)
}
