//! What was written on a picture and not shared: it is there again when the same picture is opened again, for as long as the page is.
//!
//! One Escape closes the overlay wherever the focus is (WCAG 1.4.13), and the pointer of somebody who did not touch it may leave:
//! neither is meant to throw words away. In memory alone: nothing is stored in the visitor's browser.

use std::cell::RefCell;

use cutline_model::Source;
use leptos::prelude::*;

use super::session::Session;

/// The words on one picture.
struct Draft {
    source: Source,
    description: String,
    alt: String,
}

thread_local! {
    static DRAFTS: RefCell<Vec<Draft>> = const { RefCell::new(Vec::new()) };
}

/// Gives `session` what was written on its picture before, and keeps what is written when it ends without a share.
pub(super) fn keep_for(session: Session) {
    let source = move || session.opened().with_untracked(|opened| opened.source.clone());
    if let Some(draft) = take(&source()) {
        session.description().set(draft.description);
        session.alt().set(draft.alt);
    }
    on_cleanup(move || {
        let (description, alt) = (session.description().get_untracked(), session.alt().get_untracked());
        if !(description.is_empty() && alt.is_empty() || untrack(|| session.is_shared())) {
            let source = source();
            DRAFTS.with_borrow_mut(|drafts| drafts.push(Draft { source, description, alt }));
        }
    });
}

/// Takes what is kept of `source` away: it was shared, or is given back.
fn take(source: &Source) -> Option<Draft> {
    DRAFTS.with_borrow_mut(|drafts| {
        let at = drafts.iter().position(|draft| draft.source == *source)?;
        Some(drafts.swap_remove(at))
    })
}

/// The words on `source` were shared, perhaps after the overlay was closed.
pub(super) fn forget(source: &Source) {
    take(source);
}
