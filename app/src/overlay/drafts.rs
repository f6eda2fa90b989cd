//! What the visitor makes of a picture and is not done with: words, selection, targets, and a share that is on its way. It outlives
//! its overlay, for as long as the page is, and is there again when the same picture is opened again.
//!
//! One Escape closes the overlay wherever the focus is (WCAG 1.4.13), the pointer of somebody who did not touch it may leave, and a
//! picture may be taken away while the server cuts it: none of that is meant to throw work away, nor to let a share that is under way
//! be sent once more as another, or end unheard. It belongs to the element that shows the picture: a page may show one picture twice,
//! or come to take it from another address. In memory alone: nothing is stored in the visitor's browser.

use std::cell::RefCell;

use cutline_model::{Size, Source, TargetId};
use web_sys::Element;
use web_sys::js_sys::WeakRef;

use super::page::{Opened, is_same_picture};
use super::selection::{Aspect, Bounds, History, Selection};
use super::sending::LastSent;
use super::session::{Phase, Session};
use super::view::{Root, RwSignal, StoredValue, on_cleanup};

/// What is made of one picture. Handles: what they stand for is there as long as the draft is kept, whether an overlay shows it or
/// not, so that who sends it can tell it the answer.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub(super) phase: RwSignal<Phase>,
    pub(super) last_sent: LastSent,
    pub(super) description: RwSignal<String>,
    pub(super) alt: RwSignal<String>,
    pub(super) chosen: RwSignal<Vec<TargetId>>,
    pub(super) selected: RwSignal<Selection>,
    pub(super) history: RwSignal<History>,
    pub(super) aspect: RwSignal<Aspect>,
    /// Whether a window of the server's own may still tell what was made of it.
    pub(super) is_awaited: StoredValue<bool>,
    /// Whether no overlay has shown it yet: what it begins with is the site's to say.
    pub(super) is_new: bool,
}

impl Draft {
    /// Nothing yet, on a picture of `size`.
    pub(super) fn new(size: Size) -> Self {
        Self {
            phase: RwSignal::new(Phase::Editing),
            last_sent: StoredValue::new(None),
            description: RwSignal::default(),
            alt: RwSignal::default(),
            chosen: RwSignal::default(),
            selected: RwSignal::new(Selection::everything(Bounds::whole(size))),
            history: RwSignal::default(),
            aspect: RwSignal::default(),
            is_awaited: StoredValue::new(false),
            is_new: true,
        }
    }

    /// Whether its selection is one that the visitor has changed, or sent.
    pub(super) fn has_selection(self) -> bool {
        let was_changed = |history: &History| history.can_undo() || history.can_redo();
        self.history.with_untracked(was_changed) || self.last_sent.with_value(Option::is_some)
    }

    /// Whether it is as it would be if it were begun now, with these targets chosen: nothing was done, or all of it was taken back.
    fn is_empty(self, chosen_at_first: &[TargetId]) -> bool {
        let is_blank = |text: RwSignal<String>| text.with_untracked(String::is_empty);
        is_blank(self.description)
            && is_blank(self.alt)
            && !self.has_selection()
            && self.aspect.get_untracked() == Aspect::default()
            && self.chosen.with_untracked(|chosen| chosen == chosen_at_first)
            && !self.is_awaited.with_value(|is_awaited| *is_awaited)
    }

    /// Whether it is neither on its way nor shared.
    fn is_edited(self) -> bool {
        self.phase.with_untracked(Phase::is_edited)
    }
}

/// A draft with what keeps it, and the picture that it is on.
struct Kept {
    draft: Draft,
    root: Root,
    /// The element; what pages throw away is not kept alive for it.
    ground: WeakRef<Element>,
    source: Source,
    /// The address that it was shown from.
    shown: String,
    /// What it shows, as the page says.
    alt: String,
}

impl Kept {
    fn new(draft: Draft, root: Root, worked_on: &Opened) -> Self {
        let Opened { source, shown, alt, .. } = worked_on.clone();
        Self { draft, root, ground: WeakRef::new(&worked_on.ground()), source, shown, alt }
    }

    fn is_on(&self, ground: &Element) -> bool {
        self.ground.deref().as_ref() == Some(ground)
    }

    /// Whether its element is no longer on the page.
    fn is_orphan(&self) -> bool {
        self.ground.deref().is_none_or(|ground| !ground.is_connected())
    }

    /// Whether it is about what `opened` shows from another address: a copy of the same picture or, of what was not sent, one that the
    /// page describes in the same words.
    fn is_copied_in(&self, opened: &Opened) -> bool {
        opened.may_show(&self.shown)
            || self.draft.is_edited() && !self.alt.trim().is_empty() && self.alt == opened.alt
    }
}

thread_local! {
    static DRAFTS: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// A draft that an overlay works on.
pub(super) struct Held {
    pub(super) draft: Draft,
    root: Root,
}

impl Held {
    /// What is kept of the picture that is opened, or a new draft.
    pub(super) fn on(opened: &Opened) -> Self {
        let ground = opened.ground();
        let kept = DRAFTS.with_borrow_mut(|drafts| {
            // Of several, what was left last.
            let find = |is: &dyn Fn(&Kept) -> bool| drafts.iter().rposition(is);
            let is_named = |kept: &Kept| is_same_picture(&kept.source, &opened.source);
            let at = find(&|kept| kept.is_on(&ground) && is_named(kept))
                // A lightbox shows all its pictures by one element, but says of each what it is.
                .or_else(|| find(&|kept| kept.is_on(&ground) && kept.is_copied_in(opened)))
                // Made anew, as pages of scripts do.
                .or_else(|| find(&|kept| kept.is_orphan() && is_named(kept)))?;
            Some(drafts.remove(at))
        });
        match kept {
            Some(Kept { draft, root, .. }) => Self { draft: Draft { is_new: false, ..draft }, root },
            None => {
                let (root, draft) = Root::new(|| Draft::new(opened.size));
                Self { draft, root }
            }
        }
    }

    /// Keeps it when `session` ends, unless there is nothing in it, or the visitor has seen what came of it: all of that, or as much as
    /// there was when it was told once more, since a delivery may take a day, and another part is to be shared meanwhile. It is of the picture that the work
    /// is about: another may have taken its place.
    pub(super) fn keep_after(self, session: Session) {
        let Self { draft, root } = self;
        let is = move |what: fn(&Phase) -> bool| draft.phase.with_untracked(what);
        let was_told = is(Phase::is_shared);
        on_cleanup(move || {
            let is_edited = draft.is_edited();
            if !(is(Phase::is_over)
                || was_told && is(Phase::is_shared)
                || is_edited && draft.is_empty(&session.chosen_at_first()))
            {
                // Why it was refused was seen.
                if is_edited {
                    draft.phase.set(Phase::Editing);
                }
                let kept = session.worked_on().with_value(|worked_on| Kept::new(draft, root, worked_on));
                DRAFTS.with_borrow_mut(|drafts| drafts.push(kept));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a draft is empty once `done` was done, where the board is chosen at first.
    fn check(done: impl FnOnce(Draft), expected: bool) {
        let board = || vec![TargetId::parse("board").expect("a target")];
        let (_root, draft) = Root::new(|| Draft::new(Size::new(900, 600).expect("a size")));
        draft.chosen.set(board());
        done(draft);
        assert_eq!(draft.is_empty(&board()), expected);
    }

    /// The selection at first is changed to another.
    fn change(draft: Draft) {
        let bounds = Bounds::whole(Size::new(900, 600).expect("a size"));
        draft.history.update(|history| history.record(draft.selected.get_untracked()));
        draft.selected.set(Selection::middle(bounds));
    }

    /// It is changed back again.
    fn undo(draft: Draft) {
        let now = draft.selected.get_untracked();
        draft.selected.set(draft.history.try_update(|history| history.undo(now)).flatten().expect("a step"));
    }

    sentences! {
        what_was_only_looked_at_is_empty: check(|_| (), true);
        words_are_something: check(|draft| draft.description.set("Words".to_owned()), false);
        words_that_were_taken_back_are_nothing: check(
            |draft| {
                draft.description.set("Words".to_owned());
                draft.description.set(String::new());
            },
            true
        );
        an_alt_text_is_something: check(|draft| draft.alt.set("A bird".to_owned()), false);
        another_selection_is_something: check(change, false);
        what_can_be_done_again_is_something: check(
            |draft| {
                change(draft);
                undo(draft);
            },
            false
        );
        other_targets_are_something: check(|draft| draft.chosen.set(Vec::new()), false);
        a_shape_is_something: check(|draft| draft.aspect.set(Aspect::Square), false);
        a_window_that_may_tell_is_something: check(|draft| draft.is_awaited.set_value(true), false);
    }
}
