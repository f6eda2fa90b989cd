//! Looking for a post through an account's latest ones, page by page, newest first.
//!
//! When one older than the sending is reached and ours was not among them, it was not made.

use jiff::{SignedDuration, Timestamp};

use super::Sighting;

/// Pages that are looked through.
const MAX_PAGES: u32 = 5;
/// What a server's clock may differ by.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How far a look has come.
pub(super) struct Latest {
    since: Timestamp,
    pages: u32,
}

impl Latest {
    /// An answer that is no page of posts, or too long to be read: nobody can tell what is on it.
    pub(super) fn unreadable() -> Sighting {
        Sighting::CannotTell { detail: "the list of posts cannot be read".to_owned() }
    }

    /// A look for a post that was sent after `since`.
    pub(super) fn new(since: Timestamp) -> Self {
        Self { since, pages: 0 }
    }

    /// What was posted before this is older than the post.
    pub(super) fn start(&self) -> Timestamp {
        self.since - SKEW
    }

    /// Takes a page on which the post is not, by the time of its last post (none on an empty page) and whether another page
    /// follows; answers when there is no need to go on.
    pub(super) fn page(&mut self, oldest: Option<Timestamp>, has_next: bool) -> Option<Sighting> {
        self.pages += 1;
        if oldest.is_some_and(|at| at < self.start()) || !has_next {
            return Some(Sighting::NotThere);
        }
        (self.pages == MAX_PAGES)
            .then(|| Sighting::CannotTell { detail: "too many posts came after it".to_owned() })
    }
}
