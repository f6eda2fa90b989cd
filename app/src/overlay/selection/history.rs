//! What was selected before: undo and redo.

use super::Selection;

/// How many steps are kept.
const KEPT: usize = 100;

/// The selections before and after the one that stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    past: Vec<Selection>,
    future: Vec<Selection>,
}

impl History {
    /// A change is about to be made to `selection`, or was: what could be done again is forgotten.
    pub fn record(&mut self, selection: Selection) {
        if self.past.last() != Some(&selection) {
            self.past.push(selection);
        }
        if self.past.len() > KEPT {
            self.past.remove(0);
        }
        self.future.clear();
    }

    /// Takes the last change to `now` back; none when there is none.
    pub fn undo(&mut self, now: Selection) -> Option<Selection> {
        Self::step(&mut self.past, &mut self.future, now)
    }

    /// Makes the change again that was taken back last.
    pub fn redo(&mut self, now: Selection) -> Option<Selection> {
        Self::step(&mut self.future, &mut self.past, now)
    }

    /// Whether there is something to undo.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether there is something to redo.
    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// Changes that came to nothing are passed over.
    fn step(from: &mut Vec<Selection>, to: &mut Vec<Selection>, now: Selection) -> Option<Selection> {
        while let Some(selection) = from.pop() {
            if selection != now {
                to.push(now);
                return Some(selection);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::selection;
    use super::*;

    #[test]
    fn changes_are_taken_back_and_made_again_in_order() {
        let [a, b, c] = [0.1, 0.2, 0.3].map(|x| selection(x, 0.1, 0.2, 0.2));
        let mut history = History::default();
        history.record(a);
        history.record(b);
        assert_eq!(history.undo(c), Some(b));
        assert_eq!(history.undo(b), Some(a));
        assert_eq!(history.undo(a), None);
        assert_eq!(history.redo(a), Some(b));
        assert_eq!(history.redo(b), Some(c));
        assert!(!history.can_redo() && history.can_undo());
    }

    #[test]
    fn a_new_change_forgets_what_was_taken_back() {
        let [a, b, c] = [0.1, 0.2, 0.3].map(|x| selection(x, 0.1, 0.2, 0.2));
        let mut history = History::default();
        history.record(a);
        assert_eq!(history.undo(b), Some(a));
        history.record(a);
        assert_eq!(history.redo(c), None);
        assert_eq!(history.undo(c), Some(a));
    }

    #[test]
    fn a_change_that_came_to_nothing_is_no_step() {
        let [a, b] = [0.1, 0.2].map(|x| selection(x, 0.1, 0.2, 0.2));
        let mut history = History::default();
        history.record(a);
        history.record(b);
        assert_eq!(history.undo(b), Some(a));
    }

    #[test]
    fn the_oldest_steps_are_forgotten_first() {
        let mut history = History::default();
        for step in 0..150 {
            history.record(selection(f64::from(step) / 1000.0, 0.1, 0.2, 0.2));
        }
        let mut now = selection(0.5, 0.1, 0.2, 0.2);
        let mut steps = 0;
        while let Some(before) = history.undo(now) {
            now = before;
            steps += 1;
        }
        assert_eq!((steps, now), (KEPT, selection(0.05, 0.1, 0.2, 0.2)));
    }
}
