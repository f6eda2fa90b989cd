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

/// A line for each chosen target that has limits: what it will get, and what is worth a word. Words are spoken when they change;
/// counts, which change with each key, are not.
pub(super) fn target_room(session: Session) -> Tag {
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
    let spoken = Memo::new(move || told.with(|told| spoken(told, labels)));
    effect(move || session.say(Topic::Room, spoken.get()));
    let names = move || told.with(|told| told.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
    tag("ul").class("share-panel__rooms").shown(names, move |names| {
        names.iter().enumerate().map(|(at, name)| line(told, at, name, labels)).collect::<Vec<_>>()
    })
}

/// What is said of the target at that place.
fn line(told: Memo<Vec<(String, Room)>>, at: usize, name: &str, labels: &'static Labels) -> Tag {
    let of = move |say: fn(&Room, &Labels) -> String| {
        move || told.with(|told| told.get(at).map(|(_, room)| say(room, labels)).unwrap_or_default())
    };
    let count = |say, is_over: fn(&Room) -> bool| {
        let is_over = move || told.with(|told| told.get(at).is_some_and(|(_, room)| is_over(room)));
        tag("span").class_while("share-panel__count--over", is_over).text_of(of(say))
    };
    let counts = tag("span")
        .class("share-panel__counts")
        .child(tag("span").class("share-panel__target").text(name))
        .child(count(Room::count, |room| room.shortens_text))
        .child(count(Room::alt_count, |room| room.shortens_alt))
        .child(tag("span").text_of(of(Room::pixels)));
    tag("li").child(counts).child(tag("span").class("share-panel__room").text_of(of(Room::words)))
}

/// What is worth a word, each with its target.
fn spoken(told: &[(String, Room)], labels: &Labels) -> String {
    let said =
        told.iter().map(|(name, room)| (name, room.words(labels))).filter(|(_, words)| !words.is_empty());
    said.map(|(name, words)| [name, ": ", &words].concat()).collect::<Vec<_>>().join(" ")
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
    /// The same of the alt text, where there is one and a field for it.
    alt: Option<(usize, usize)>,
    shortens_text: bool,
    shortens_alt: bool,
    /// There is no field for the alt text: it is added to the text.
    moves_alt: bool,
    /// The picture in pixels, made to fit where it is too large.
    size: (u32, u32),
    shrinks: bool,
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
        let rule = limits.alt.filter(|_| !alt.is_empty());
        let shrunk = shrunk(limits, size);
        Self {
            taken: limits.text.count_by(&text, seen),
            most: limits.text.max,
            alt: rule.map(|rule| (rule.count_by(alt, seen), rule.max)),
            shortens_text: !limits.text.holds_by(&text, seen),
            shortens_alt: rule.is_some_and(|rule| !rule.holds_by(alt, seen)),
            moves_alt: limits.alt.is_none() && !alt.is_empty(),
            size: shrunk.unwrap_or((size.width(), size.height())),
            shrinks: shrunk.is_some(),
        }
    }

    fn count(&self, _: &Labels) -> String {
        format!("{} / {}", self.taken, self.most)
    }

    fn alt_count(&self, labels: &Labels) -> String {
        self.alt.map(|(taken, most)| format!("{}: {taken} / {most}", labels.alt)).unwrap_or_default()
    }

    fn pixels(&self, labels: &Labels) -> String {
        let (width, height) = self.size;
        fill(labels.pixels, &[("width", &width.to_string()), ("height", &height.to_string())])
    }

    fn words(&self, labels: &Labels) -> String {
        let said = [
            (self.shortens_text, labels.shortened),
            (self.shortens_alt, labels.alt_shortened),
            (self.moves_alt, labels.alt_in_text),
            (self.shrinks, labels.made_smaller),
        ];
        said.iter().filter(|(is, _)| *is).map(|(_, words)| *words).collect::<Vec<_>>().join(" ")
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
