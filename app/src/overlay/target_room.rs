//! What the chosen targets' limits mean for what is written and selected: a count for each, and a word before sending where
//! something will be shortened or made smaller.
//!
//! Counted with the code that the server fits texts with, on the text that it will fit; only a credit, which the server may
//! find in the picture, is not known here. Characters as people see them are counted by the browser, which has Unicode's tables
//! already.

use cutline_model::{Size, Target, TargetLimits};
use cutline_text::Parts;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::js_sys::{Array, Function, Reflect};

use super::session::Session;
use crate::language::{Labels, fill};
use crate::target_name;

/// A share's address is as long as this one.
const ADDRESS: &str = "/s/0123456789abcdef";

/// The counts, and what is worth a word. Words are spoken when they change; counts, which change with each key, are not.
#[component]
pub(super) fn TargetRoom(session: Session) -> impl IntoView {
    let labels = session.labels();
    let link = window().location().origin().unwrap_or_default() + ADDRESS;
    let told = Memo::new(move |_| {
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
        Memo::new(move |_| {
            told.with(|told| {
                told.iter().map(|(name, room)| say(name, room, labels)).collect::<Vec<_>>().join(" ")
            })
        })
    };
    // One text each: every list is kilobytes of views.
    let (counts, words) =
        (said(|name, room, _| room.count(name)), said(|name, room, labels| room.words(name, labels)));
    view! {
        <p class="share-panel__counts">{counts}</p>
        <p class="share-panel__room" aria-live="polite">{words}</p>
    }
}

/// The target's name, with its account where another target has the same name.
fn called(target: &Target, all: &[Target], labels: &Labels) -> String {
    let name = target_name(target, labels);
    let is_alone = all.iter().filter(|other| other.name == target.name).count() == 1;
    match &target.account {
        Some(account) if !is_alone => format!("{name} {account}"),
        _ => name,
    }
}

/// How what is written and selected stands to a target's limits.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Room {
    taken: usize,
    most: usize,
    shortens_text: bool,
    shortens_alt: bool,
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
        let text = Parts { words, alt: beside, credit: "", link }.whole();
        let is_over = |most: Option<u64>, is: u64| most.is_some_and(|most| is > most);
        let (width, height) = (u64::from(size.width()), u64::from(size.height()));
        Self {
            taken: limits.text.count_by(&text, seen),
            most: limits.text.max,
            shortens_text: !limits.text.holds_by(&text, seen),
            shortens_alt: limits.alt.is_some_and(|rule| !rule.holds_by(alt, seen)),
            shrinks: is_over(limits.max_pixels, width * height)
                || is_over(limits.max_side.map(u64::from), width.max(height)),
        }
    }

    fn count(&self, name: &str) -> String {
        format!("{name} {} / {}", self.taken, self.most)
    }

    fn words(&self, name: &str, labels: &Labels) -> String {
        let said = [
            (self.shortens_text, labels.shortened),
            (self.shortens_alt, labels.alt_shortened),
            (self.shrinks, labels.made_smaller),
        ];
        said.iter()
            .filter(|(is, _)| *is)
            .map(|(_, words)| fill(words, &[("target", name)]))
            .collect::<Vec<_>>()
            .join(" ")
    }
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
mod tests {
    use cutline_text::{AddressCount, Rule, Unit};

    use super::*;
    use crate::language::Language;

    const LINK: &str = "https://c.example/s/0123456789abcdef";

    fn limits(max: usize) -> TargetLimits {
        let text = Rule { address: AddressCount::AtLeast(23), ..Rule::new(Unit::Graphemes, max) };
        TargetLimits {
            text,
            alt: Some(Rule::new(Unit::Characters, 10)),
            max_pixels: Some(100),
            max_side: Some(20),
        }
    }

    fn room(limits: &TargetLimits, words: &str, alt: &str, size: (u32, u32)) -> Room {
        Room::of(
            limits,
            words,
            alt,
            LINK,
            Size::new(size.0, size.1).expect("a size"),
            cutline_text::graphemes,
        )
    }

    #[test]
    fn words_gap_and_link_are_counted_as_the_target_counts_them() {
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}";
        for (words, taken) in [("", 36), ("  abc ", 41), (family, 39), ("see https://a.example", 65)] {
            assert_eq!(room(&limits(300), words, "", (1, 1)).taken, taken, "{words}");
        }
    }

    #[test]
    fn the_visitor_is_told_what_will_be_less() {
        let labels = Language::English.labels();
        for (limits, words, alt, size, expected) in [
            (limits(41), "abc", "short", (10, 10), ""),
            (limits(40), "abc", "short", (10, 10), "Example: the text will be shortened."),
            (limits(99), "abc", "longer than ten", (10, 10), "Example: the alt text will be shortened."),
            (limits(99), "abc", "", (11, 10), "Example: the picture will be made smaller."),
            (limits(99), "abc", "", (21, 1), "Example: the picture will be made smaller."),
            (
                TargetLimits { alt: None, ..limits(50) },
                "abc",
                "longer than ten",
                (1, 1),
                "Example: the text will be shortened.",
            ),
        ] {
            assert_eq!(room(&limits, words, alt, size).words("Example", labels), expected, "{words} {alt}");
        }
    }
}
