//! What the page does to a picture under an open overlay: it moves it, hides it, shows another one in its place, takes it away. What
//! the visitor has done waits, and what is shared is what the visitor sees and means.

use super::geometry::Frame;
use super::measure::{frame_of, shown_around, window_rect};
use super::page::Opened;
use super::session::{Phase, Session};

impl Session {
    /// The picture lies elsewhere, or another part of it can be seen.
    fn reframe(self, frame: Frame) {
        let window = window_rect();
        if self.window().get_untracked() != window {
            self.window().set(window);
        }
        if self.frame().get_untracked() != frame {
            self.frame().set(frame);
        }
        // Another part of it can be seen, or its size is another.
        let selection = self.selection();
        if self.is_edited() && !selection.is_within(self.bounds()) {
            self.selected().set(self.selection_of(selection.region()));
        }
    }

    /// Looks at the picture again: it may have moved, be hidden or seen again, show something else, or be gone.
    pub(super) fn look(self) {
        let (picture, ground) = (self.picture(), self.ground());
        let is_edited = self.is_edited();
        if !ground.is_connected() {
            // What is sent has an end to tell, as long as there is something to tell it in.
            let is_sent = !matches!(self.phase().get_untracked(), Phase::Editing);
            let can_tell = is_sent && self.stage().is_some_and(|stage| stage.is_connected());
            return if can_tell { self.hide(true) } else { self.leave() };
        }
        let stand_in = self.opened().with_untracked(|opened| opened.stand_in.clone());
        let mut is_there = stand_in.as_ref().is_none_or(|stand_in| stand_in.keep_up());
        if !picture.complete() && stand_in.is_some() {
            // What is to be seen in a moment is looked at then.
            return;
        }
        if self.opened().with_untracked(Opened::shows_another) {
            let was = self.opened().get_untracked();
            // What is shared is what the visitor sees; a picture that cannot be named cannot be shared.
            match Opened::of(picture.clone(), was.opener.clone()) {
                Some(now) if is_edited || now.is_copy_of(&was) => {
                    let now = now.standing_in(stand_in);
                    if now.is_copy_of(&was) && self.meant().with_untracked(Opened::address) == was.address() {
                        self.mean(now.clone());
                    }
                    self.opened().set(now);
                }
                None if is_edited => return self.leave(),
                // What is sent is of the picture that was there.
                _ => is_there = false,
            }
        }
        if let Some(measured) = self.opened().with_untracked(Opened::measured) {
            self.opened().set(measured);
        }
        let crop = shown_around(&ground);
        if self.crop().get_untracked() != crop {
            self.crop().set(crop);
        }
        let frame = if is_there { frame_of(&picture, &ground) } else { None };
        let frame = frame.filter(|frame| !frame.bounds().intersection(crop).is_empty());
        self.hide(frame.is_none());
        match frame {
            Some(frame) => self.reframe(frame),
            // What the visitor has done waits until the picture is seen again.
            None if self.is_touched() => {}
            None => self.leave(),
        }
    }

    fn hide(self, is_hidden: bool) {
        if self.hidden().get_untracked() != is_hidden {
            self.hidden().set(is_hidden);
        }
    }

    fn mean(self, opened: Opened) {
        self.worked_on().set_value(opened.clone());
        self.meant().set(opened);
    }

    /// Whether another picture has taken the place of the one that the visitor means; tracked.
    pub(super) fn shows_another(self) -> bool {
        self.opened().with(|opened| self.meant().with(Opened::address) != opened.address())
    }

    /// Takes note that the visitor wants to share what is shown now, and tells whether that is certain: of another picture than the one
    /// that was meant, at the second time.
    pub(super) fn is_certain(self) -> bool {
        let opened = self.opened().get_untracked();
        let shown = opened.address();
        let was_noted = self.noted().with_value(|noted| *noted == shown);
        let is_certain = was_noted || !self.shows_another();
        if is_certain {
            self.mean(opened);
        } else {
            self.noted().set_value(shown);
        }
        is_certain
    }
}
