//! A text of the visitor's, counted as the server counts it when it comes near the most that fits.

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlTextAreaElement};

use super::session::Session;
use super::speech::Topic;
use super::view::{Memo, RwSignal, Tag, effect, tag, untrack};
use crate::language::{Labels, fill};

/// How full a text may be before its count is shown, as a fraction of what fits.
const NEARLY_FULL: f64 = 0.8;

/// The field with its name, and under it what helps with it, or its count when that matters. Too long a text is marked invalid, and
/// not cut: the visitor knows best what to leave out.
pub(super) fn text_field(
    session: Session,
    text: RwSignal<String>,
    name: &str,
    placeholder: &'static str,
    rows: &str,
    most: u32,
) -> Tag {
    let labels = session.labels();
    let count = Memo::new(move || text.with(|text| length(text)));
    let is_over = Memo::new(move || count.get() > most);
    let told = Memo::new(move || match told(count.get(), most, labels) {
        told if told.is_empty() => placeholder.to_owned(),
        told => told,
    });
    // Not at each character.
    effect(move || {
        let is_over = is_over.get();
        session.say(Topic::Length, if is_over { untrack(|| told.get()) } else { String::new() });
    });
    let field = tag("textarea")
        .attr("rows", rows)
        .attr("placeholder", placeholder)
        .attr_of("aria-description", move || Some(told.get()).filter(|told| !told.is_empty()))
        .prop("value", move || text.get())
        .attr_of("aria-invalid", move || is_over.get().then(|| "true".to_owned()))
        .on("input", move |event: Event| {
            if let Some(field) = event.target() {
                text.set(field.unchecked_ref::<HtmlTextAreaElement>().value());
            }
        });
    let line = tag("span")
        .class("share-panel__count")
        .class_while("share-panel__count--over", move || is_over.get())
        // In an empty field it stands already.
        .text_of(move || if count.get() > 0 { told.get() } else { String::new() });
    // Not in the label: the field's name stays as it is.
    let label = tag("label").class("share-panel__field").child(tag("span").text(name)).child(field);
    tag("div").class("share-panel__field").child(label).child(line)
}

/// Characters of `text` as it is sent: without space around it.
fn length(text: &str) -> u32 {
    u32::try_from(text.trim().chars().count()).unwrap_or(u32::MAX)
}

/// What the visitor is told of `count` characters where at most `most` fit; nothing while there is room.
fn told(count: u32, most: u32, labels: &Labels) -> String {
    if count > most {
        fill(labels.too_long, &[("count", &(count - most).to_string())])
    } else if f64::from(count) >= f64::from(most) * NEARLY_FULL {
        format!("{count} / {most}")
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests;
