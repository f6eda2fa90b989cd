//! What the chosen targets' limits mean for what is written and selected: a count for each, and a word before sending where
//! something will be shortened, moved or made smaller.
//!
//! Counted with the code that the server fits texts with, on the text that it will fit; only a credit, which the server may
//! find in the picture, is not known here. Characters as people see them are counted by the browser, which has Unicode's tables
//! already.

use cutline_model::{Size, Target, TargetLimits};
use cutline_text::Parts;
use wasm_bindgen::prelude::*;
use web_sys::js_sys::{Array, Function, Reflect};

use super::session::Session;
use super::speech::Topic;
use super::view::{Memo, Tag, effect, tag, window};
use crate::language::{Labels, fill};
use crate::target_name;

/// A share's address is as long as this one.
const ADDRESS: &str = "/s/0123456789abcdef";

/// The counts, and what is worth a word. Words are spoken when they change; counts, which change with each key, are not.
pub(super) fn target_room(session: Session) -> [Tag; 2] {
    let labels = session.labels();
    let link = match session.server().address() {
        "" => window().location().origin().unwrap_or_default() + ADDRESS,
        elsewhere => format!("{elsewhere}{ADDRESS}"),
    };
    let told = Memo::new(move || {
        let (words, alt) = (session.description().get(), session.alt().get());
        let size = session.region().to_pixels(session.size()).size();
        let chosen = session.chosen().get();
        session.targets().with_value(|targets| {
            let chosen = targets.iter().filter(|target| chosen.contains(&target.id));
            let rooms = chosen.filter_map(|target| {
                let room = Room::of(target.limits.as_ref()?, &words, &alt, &link, size, seen);
                Some((called(target, targets, labels), room))
            });
            rooms.collect::<Vec<_>>()
        })
    });
    let said = move |say: fn(&str, &Room, &Labels) -> String| {
        Memo::new(move || {
            told.with(|told| {
                told.iter().map(|(name, room)| say(name, room, labels)).collect::<Vec<_>>().join(" ")
            })
        })
    };
    let (counts, words) =
        (said(|name, room, _| room.count(name)), said(|name, room, labels| room.words(name, labels)));
    effect(move || session.say(Topic::Room, words.get()));
    [
        tag("p").class("share-panel__counts").text_of(move || counts.get()),
        tag("p").class("share-panel__room").text_of(move || words.get()),
    ]
}

/// The target's name, with its account where another target has the same name.
pub(super) fn called(target: &Target, all: &[Target], labels: &Labels) -> String {
    let name = target_name(target, labels);
    match &target.account {
        Some(account) if !has_name_alone(target, all) => format!("{name} {account}"),
        _ => name,
    }
}

/// Whether no other target has the same name.
pub(super) fn has_name_alone(target: &Target, all: &[Target]) -> bool {
    all.iter().filter(|other| other.name == target.name).count() == 1
}

/// How what is written and selected stands to a target's limits.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Room {
    taken: usize,
    most: usize,
    shortens_text: bool,
    shortens_alt: bool,
    /// There is no field for the alt text: it is added to the text.
    moves_alt: bool,
    /// What the picture is made to fit, where it is too large.
    shrinks_to: Option<(u32, u32)>,
}

impl Room {
    /// `seen` counts characters as people see them.
    fn of(
        limits: &TargetLimits,
        words: &str,
        alt: &str,
        link: &str,
        size: Size,
        seen: fn(&str) -> usize,
    ) -> Self {
        let alt = alt.trim();
        // Where there is no field for it, it stands in the text.
        let beside = if limits.alt.is_some() { "" } else { alt };
        let text = Parts { words, alt: beside, credit: "", link }.whole(&limits.text);
        Self {
            taken: limits.text.count_by(&text, seen),
            most: limits.text.max,
            shortens_text: !limits.text.holds_by(&text, seen),
            shortens_alt: limits.alt.is_some_and(|rule| !rule.holds_by(alt, seen)),
            moves_alt: limits.alt.is_none() && !alt.is_empty(),
            shrinks_to: shrunk(limits, size),
        }
    }

    fn count(&self, name: &str) -> String {
        format!("{name} {} / {}", self.taken, self.most)
    }

    fn words(&self, name: &str, labels: &Labels) -> String {
        let (width, height) = self.shrinks_to.unwrap_or_default();
        let said = [
            (self.shortens_text, labels.shortened),
            (self.shortens_alt, labels.alt_shortened),
            (self.moves_alt, labels.alt_in_text),
            (self.shrinks_to.is_some(), labels.made_smaller),
        ];
        let values = [("target", name), ("width", &width.to_string()), ("height", &height.to_string())];
        said.iter().filter(|(is, _)| *is).map(|(_, words)| fill(words, &values)).collect::<Vec<_>>().join(" ")
    }
}

/// The size that a picture of `size` is made to fit the limits, as the server reckons it; none where it fits. (A limit on
/// bytes may make it smaller still: how many there are, only the server sees.)
fn shrunk(limits: &TargetLimits, size: Size) -> Option<(u32, u32)> {
    let (width, height) = (f64::from(size.width()), f64::from(size.height()));
    let by_side = limits.max_side.map_or(1.0, |side| f64::from(side) / width.max(height));
    let by_pixels = limits.max_pixels.map_or(1.0, |pixels| (pixels as f64 / (width * height)).sqrt());
    let factor = by_side.min(by_pixels);
    let side = |side: f64| ((side * factor + 1e-9).floor() as u32).max(1);
    (factor < 1.0).then(|| (side(width), side(height)))
}

/// Characters as people see them, by the browser's own tables; where it has none (Firefox before 125), code points, of which
/// there are no fewer.
fn seen(text: &str) -> usize {
    let plain = text.chars().count();
    if text.is_ascii() {
        return plain;
    }
    segments(text).map_or(plain, |count| count as usize)
}

fn segments(text: &str) -> Option<u32> {
    let get = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).ok();
    let segmenter: Function = get(&get(&window(), "Intl")?, "Segmenter")?.dyn_into().ok()?;
    let segmenter = Reflect::construct(&segmenter, &Array::new()).ok()?;
    let segment: Function = get(&segmenter, "segment")?.dyn_into().ok()?;
    Some(Array::from(&segment.call1(&segmenter, &text.into()).ok()?).length())
}

#[cfg(test)]
mod tests;
