//! A text of the visitor's, counted as the server counts it when it comes near the most that fits.

use leptos::prelude::*;

use crate::language::{Labels, fill};

/// How full a text may be before its count is shown, as a fraction of what fits.
const NEARLY_FULL: f64 = 0.8;

/// The field with its name, and its count when that matters. Too long a text is marked invalid, and not cut: the visitor
/// knows best what to leave out.
#[component]
pub(super) fn TextField(
    labels: &'static Labels,
    text: RwSignal<String>,
    name: &'static str,
    #[prop(optional)] help: &'static str,
    rows: u32,
    most: u32,
) -> impl IntoView {
    let count = Memo::new(move |_| text.with(|text| length(text)));
    let is_over = move || count.get() > most;
    view! {
        <label class="share-panel__field">
            <span>{name}</span>
            <textarea
                rows=rows.to_string()
                placeholder=help
                prop:value=text
                aria-invalid=move || is_over().then_some("true")
                on:input:target=move |event| text.set(event.target().value())
            ></textarea>
            <span class="share-panel__count" class:share-panel__count--over=is_over>
                {move || told(count.get(), most, labels)}
            </span>
        </label>
    }
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
