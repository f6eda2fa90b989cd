//! What a screen reader is told: all of it through one live region, which is quiet until what happens has come to rest. Of the
//! selection in percent, since a count of pixels means little when heard.

use cutline_model::{Region, Written};

use crate::language::{Labels, fill};

/// Position and size in whole percent, in the words of `labels`.
#[must_use]
pub fn spoken(region: Region, labels: &Labels) -> String {
    fill(
        labels.spoken,
        &[
            ("width", &whole_percent(region.w())),
            ("height", &whole_percent(region.h())),
            ("left", &whole_percent(region.x())),
            ("top", &whole_percent(region.y())),
        ],
    )
}

/// A fraction of the picture in whole percent.
#[must_use]
pub fn whole_percent(fraction: f64) -> String {
    format!("{:.0}", Written(fraction * 100.0))
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Where the selection is.
    Selection,
    /// What to press next, or where the picture has gone.
    Hint,
    /// That a text is too long.
    Length,
    /// What the chosen targets will make of it.
    Room,
    /// That it is shared, and what became of its deliveries.
    Outcome,
    /// What the device did with it.
    PassingOn,
}

/// The messages that wait to be spoken.
#[derive(Clone, Debug, Default)]
pub struct Announcer {
    waiting: Vec<(Topic, String)>,
    /// What was spoken last of the selection: where it is, is no news when it has come back there.
    selection: String,
}

impl Announcer {
    /// `message` is to be spoken, in place of one on the same topic that waits; an empty one only takes that away.
    pub fn say(&mut self, topic: Topic, message: String) {
        self.waiting.retain(|(waiting, _)| *waiting != topic);
        if !message.is_empty() && (topic != Topic::Selection || message != self.selection) {
            self.waiting.push((topic, message));
        }
    }

    /// What waits, in the order it came, as one message; nothing waits then.
    pub fn speak(&mut self) -> String {
        let mut said = Vec::new();
        for (topic, message) in std::mem::take(&mut self.waiting) {
            if topic == Topic::Selection {
                self.selection.clone_from(&message);
            }
            said.push(message);
        }
        said.join(" ")
    }
}

#[cfg(test)]
mod tests;
