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

use super::page::Opened;
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
        }
    }

    /// Whether its selection is one that the visitor has changed, or sent.
    pub(super) fn has_selection(self) -> bool {
        self.history.with_untracked(History::can_undo) || self.last_sent.with_value(Option::is_some)
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
    fn new(draft: Draft, root: Root, opened: &Opened) -> Self {
        let Opened { source, shown, alt, .. } = opened.clone();
        Self { draft, root, ground: WeakRef::new(&opened.ground()), source, shown, alt }
    }

    fn is_on(&self, ground: &Element) -> bool {
        self.ground.deref().as_ref() == Some(ground)
    }

    /// Whether its element is no longer on the page.
    fn is_orphan(&self) -> bool {
        self.ground.deref().is_none_or(|ground| !ground.is_connected())
    }

    fn has_address_of(&self, source: &Source) -> bool {
        match (self.source.image_url(), source.image_url()) {
            (None, None) => self.source == *source,
            (one, other) => one == other,
        }
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
    is_new: bool,
}

impl Held {
    /// What is kept of the picture that is opened, or a new draft.
    pub(super) fn on(opened: &Opened) -> Self {
        let (ground, source) = (opened.ground(), &opened.source);
        let kept = DRAFTS.with_borrow_mut(|drafts| {
            let find = |is: &dyn Fn(&Kept) -> bool| drafts.iter().position(is);
            let at = find(&|kept| kept.is_on(&ground) && kept.has_address_of(source))
                // A lightbox shows all its pictures by one element, but says of each what it is.
                .or_else(|| find(&|kept| kept.is_on(&ground) && kept.is_copied_in(opened)))
                // Made anew, as pages of scripts do.
                .or_else(|| find(&|kept| kept.is_orphan() && kept.has_address_of(source)))?;
            Some(drafts.swap_remove(at))
        });
        let is_new = kept.is_none();
        let (root, draft) = kept
            .map_or_else(|| Root::new(|| Draft::new(opened.size)), |Kept { draft, root, .. }| (root, draft));
        Self { draft, root, is_new }
    }

    /// Keeps it when `session` ends, unless nothing was ever done, or the visitor has seen it shared.
    pub(super) fn keep_after(self, session: Session) {
        let Self { draft, root, is_new } = self;
        on_cleanup(move || {
            let (is_edited, is_shared) = (draft.is_edited(), draft.phase.with_untracked(Phase::is_shared));
            if !(is_shared || is_edited && is_new && !session.is_touched()) {
                // Why it was refused was seen.
                if is_edited {
                    draft.phase.set(Phase::Editing);
                }
                let kept = session.opened().with_untracked(|opened| Kept::new(draft, root, opened));
                DRAFTS.with_borrow_mut(|drafts| drafts.push(kept));
            }
        });
    }
}
